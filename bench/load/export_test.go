//go:build linux

package load

import (
	"cmp"

	"forktax/workload/contract"
)

// Parsed is the result of parsing the bytes of a response.
type Parsed struct {
	Status   int
	Bytes    int64
	Timing   contract.Timing
	Done     bool
	Reusable bool
	Read     int    // bytes that belong to the response
	Class    string // class of the error
	Verdict  string // result of the verifier, if the response is complete
}

// Parse holds the parameters for parsing a response.
type Parse struct {
	Head    bool // the request was HEAD
	Want    contract.Want
	Ends    bool  // the connection ends after the last piece
	MaxHead int   // 0 means 64 KiB
	MaxBody int64 // 0 means 1 GiB
}

// Pieces parses a response that arrives in these pieces.
func (o Parse) Pieces(pieces ...[]byte) Parsed {
	k, err := newVerifier(o.Want)
	if err != nil {
		panic(err)
	}
	p := parser{maxHead: cmp.Or(o.MaxHead, 64<<10), maxBody: cmp.Or(o.MaxBody, 1<<30), noBody: o.Head, verifier: k}
	p.reset()
	k.begin()
	var a Parsed
	for _, b := range pieces {
		if p.done() || a.Class != "" {
			break
		}
		n, class := p.feed(b)
		a.Read, a.Class = a.Read+n, class
	}
	if o.Ends && !p.done() && a.Class == "" {
		a.Class = p.end()
	}
	a.Status, a.Bytes, a.Timing, a.Done = p.status, p.bytes, p.serverTiming.Timing, p.done()
	if a.Done {
		a.Reusable, a.Verdict = p.reusable(), k.checkFull(p.status, p.bytes)
	}
	return a
}
