//go:build linux

package load

import (
	"cmp"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"net/http"

	"forktax/bench/plan"
)

// A coreRequest is a request of the visit, prepared for one core.
type coreRequest struct {
	index    int // index in the mix
	message  []byte
	isHead   bool
	safe     bool // may be sent twice: net/http's rule, by method
	verifier *verifier

	examining bool // a conn uses the verifier
	passed    bool // the last examined response was correct
	unchecked int  // requests begun since one was examined
}

// coreRequests prepares the requests of a visit for a core.
func (e *Epoll) coreRequests(v Visit) ([]coreRequest, error) {
	var all []coreRequest
	for i, r := range v.requests() {
		message, err := compose(v, r)
		if err != nil {
			return nil, err
		}
		if r.Weight < 0 {
			return nil, fmt.Errorf("request %q: weight %d: must be at least 1 (or 0, which means 1)",
				r.Name, r.Weight)
		}
		verifier, err := newVerifier(r.Want)
		if err != nil {
			return nil, err
		}
		verifier.sample = cmp.Or(e.Sample, verifier.sample)
		all = append(all, coreRequest{index: i, message: message, isHead: r.Method == http.MethodHead,
			safe: isIdempotent(r.Method), verifier: verifier})
	}
	return all, nil
}

// examine assigns the verifier to k if the response on k is to be examined.
func (r *coreRequest) examine(k *conn) {
	r.unchecked++
	k.parser.verifier = nil
	if r.examining || r.passed && r.unchecked < r.verifier.sample {
		return
	}
	r.unchecked, r.examining, k.checked = 0, true, true
	k.parser.verifier = r.verifier
	r.verifier.begin()
}

// mixStream makes the draws of a mix independent of the arrivals, which use the same seed.
const mixStream = 0x6d6978 << 32 // "mix"

// A mix draws requests by weight. Visits with the same seed draw the same requests in the same order.
type mix struct {
	ends   []uint64 // cumulative weights, one per request; nil if there is only one request
	random rand.PCG
	skip   int // draws to skip after each one: those of the arrivals of other parts
}

// newMix returns the mix of a core's requests.
func newMix(v Visit, core int) (m mix) {
	requests := v.requests()
	if len(requests) == 1 {
		return m
	}
	sum := uint64(0)
	for _, r := range requests {
		sum += uint64(cmp.Or(r.Weight, 1))
		m.ends = append(m.ends, sum)
	}
	m.random.Seed(v.Seed, mixStream^uint64(core))
	switch {
	case v.Part.Of == 0:
	case v.Load.Kind == plan.Open:
		m.skip = v.Part.Of - 1
		m.drop(v.Part.Number - 1)
	default:
		m.random.Seed(v.Seed, mixStream^uint64(core)^uint64(v.Part.Number)<<partShift)
	}
	return m
}

// partShift keeps the streams of parts apart from those of cores.
const partShift = 16

// drop skips n draws.
func (m *mix) drop(n int) {
	for range n {
		m.random.Uint64()
	}
}

// draw returns the index of the next request.
func (m *mix) draw() int {
	if m.ends == nil {
		return 0
	}
	last := len(m.ends) - 1
	at, _ := bits.Mul64(m.random.Uint64(), m.ends[last]) // uniform in [0, sum)
	m.drop(m.skip)
	for i, end := range m.ends[:last] {
		if at < end {
			return i
		}
	}
	return last
}
