package calibrate

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"
)

// A ServiceSpec describes how the ground-truth server serves a request. It is encoded in the request's query, so that
// every load engine can send it.
type ServiceSpec struct {
	Time   time.Duration `json:",omitempty"` // service time
	Spread time.Duration `json:",omitempty"` // mean of an exponential time that is added to Time
	Seed   uint64        `json:",omitempty"` // seed of the spread
	Serial bool          `json:",omitempty"` // one request at a time, in order of arrival
	Spin   bool          `json:",omitempty"` // busy-wait instead of sleeping
	Halves bool          `json:",omitempty"` // write the response headers at once, and the body when it is due
	Fail   int           `json:",omitempty"` // every Fail-th response has status 500, at once; 0: none
}

// Path returns the path and query of a request with this spec.
func (a ServiceSpec) Path() string {
	text, _ := json.Marshal(a) // cannot fail for numbers and booleans
	return "/serve?" + url.Values{"ask": {string(text)}}.Encode()
}

// parseServiceSpec parses the query of a Path.
func parseServiceSpec(query string) (a ServiceSpec, err error) {
	q, err := url.ParseQuery(query)
	if err == nil {
		err = json.Unmarshal([]byte(q.Get("ask")), &a)
	}
	if err != nil {
		return ServiceSpec{}, fmt.Errorf("parsing the service spec: %w", err)
	}
	return a, nil
}

// duration returns the service time of the i-th request. It depends only on the spec and i.
func (a ServiceSpec) duration(i int) time.Duration {
	if a.Spread == 0 {
		return a.Time
	}
	random := rand.New(rand.NewPCG(a.Seed, uint64(i)))
	return a.Time + time.Duration(random.ExpFloat64()*float64(a.Spread))
}

// fails reports whether the i-th request gets status 500.
func (a ServiceSpec) fails(i int) bool { return a.Fail > 0 && i%a.Fail == a.Fail-1 }
