package calibrate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"
)

// A ServiceSpec says what a request wants of the ground-truth server. It is the request's query, as JSON, so that every
// load engine can send it.
type ServiceSpec struct {
	Time   time.Duration // how long to serve
	Spread time.Duration `json:",omitempty"` // the mean of an exponential time on top: a mixture, whose percentiles differ
	Seed   uint64        `json:",omitempty"` // of the spread
	Serial bool          `json:",omitempty"` // one request at a time, in the order in which they came
	Spin   bool          `json:",omitempty"` // be busy meanwhile, not asleep
	Halves bool          `json:",omitempty"` // write the head of the answer at once, and the body at the end
	Fail   int           `json:",omitempty"` // every so-many-th answer has status 500, at once; 0: none
}

// Path is what to ask for.
func (a ServiceSpec) Path() string {
	text, _ := json.Marshal(a) // fails for no number
	return "/serve?" + url.QueryEscape(string(text))
}

// parseServiceSpec reads the query of a Path.
func parseServiceSpec(query string) (a ServiceSpec, err error) {
	text, err := url.QueryUnescape(query)
	if err == nil {
		err = json.Unmarshal([]byte(text), &a)
	}
	if err != nil {
		return ServiceSpec{}, fmt.Errorf("reading what is asked for: %w", err)
	}
	return a, nil
}

// duration is how long the i-th request takes, drawn from nothing but the seed and i.
func (a ServiceSpec) duration(i int) time.Duration {
	if a.Spread == 0 {
		return a.Time
	}
	random := rand.New(rand.NewPCG(a.Seed, uint64(i)))
	return a.Time + time.Duration(random.ExpFloat64()*float64(a.Spread))
}

// fails reports whether the i-th request has a wrong answer.
func (a ServiceSpec) fails(i int) bool { return a.Fail > 0 && i%a.Fail == a.Fail-1 }
