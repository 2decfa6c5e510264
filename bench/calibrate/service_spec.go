package calibrate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"
)

// A ServiceSpec is how the ground-truth server is to serve a request. It is in the request's query, so that every load
// engine can send it.
type ServiceSpec struct {
	Time   time.Duration `json:",omitempty"` // how long to serve
	Spread time.Duration `json:",omitempty"` // more, exponentially, on the average: a mixture, whose percentiles differ
	Seed   uint64        `json:",omitempty"` // of the spread
	Serial bool          `json:",omitempty"` // one request at a time, in the order in which they came
	Spin   bool          `json:",omitempty"` // be busy meanwhile, instead of asleep
	Halves bool          `json:",omitempty"` // write the head of the answer at once, and the body at the end
	Fail   int           `json:",omitempty"` // each Fail-th response has status 500, at once; 0: none
}

// Path is what to ask for.
func (a ServiceSpec) Path() string {
	text, _ := json.Marshal(a) // numbers and booleans have no error
	return "/serve?" + url.Values{"ask": {string(text)}}.Encode()
}

// parseServiceSpec reads what Path wrote.
func parseServiceSpec(query string) (a ServiceSpec, err error) {
	q, err := url.ParseQuery(query)
	if err == nil {
		err = json.Unmarshal([]byte(q.Get("ask")), &a)
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
