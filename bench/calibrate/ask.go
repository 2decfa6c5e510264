package calibrate

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"
)

// An Ask says what a request wants of the ground-truth server. It travels in the request's query, so that every load
// engine can send it.
type Ask struct {
	Time   time.Duration // how long to serve
	Spread time.Duration // and so much longer on the average, exponentially: a mixture, whose percentiles differ
	Seed   uint64        // of the spread
	Serial bool          // one request at a time, in the order in which they came
	Spin   bool          // be busy meanwhile, in place of asleep
	Halves bool          // write the head of the answer at once, and the body at the end
	Fail   int           // every so-many-th answer has status 500, at once; 0: none
}

// Path is what to ask for.
func (a Ask) Path() string {
	q := url.Values{"time": {a.Time.String()}}
	set := func(name string, is bool, value string) {
		if is {
			q.Set(name, value)
		}
	}
	set("spread", a.Spread > 0, a.Spread.String())
	set("seed", a.Seed > 0, strconv.FormatUint(a.Seed, 10))
	set("serial", a.Serial, "true")
	set("spin", a.Spin, "true")
	set("halves", a.Halves, "true")
	set("fail", a.Fail > 0, strconv.Itoa(a.Fail))
	return "/serve?" + q.Encode()
}

// readAsk reads what Path wrote.
func readAsk(query string) (Ask, error) {
	q, err := url.ParseQuery(query)
	if err != nil {
		return Ask{}, err
	}
	a := Ask{Serial: q.Get("serial") == "true", Spin: q.Get("spin") == "true", Halves: q.Get("halves") == "true"}
	if a.Time, err = time.ParseDuration(q.Get("time")); err != nil {
		return Ask{}, fmt.Errorf("reading the time to serve: %w", err)
	}
	if text := q.Get("spread"); text != "" {
		if a.Spread, err = time.ParseDuration(text); err != nil {
			return Ask{}, fmt.Errorf("reading the spread: %w", err)
		}
	}
	if text := q.Get("seed"); text != "" {
		if a.Seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			return Ask{}, fmt.Errorf("reading the seed: %w", err)
		}
	}
	if text := q.Get("fail"); text != "" {
		if a.Fail, err = strconv.Atoi(text); err != nil {
			return Ask{}, fmt.Errorf("reading which to fail: %w", err)
		}
	}
	return a, nil
}

// service is how long the i-th request takes, drawn from nothing but the seed and i.
func (a Ask) service(i int) time.Duration {
	if a.Spread == 0 {
		return a.Time
	}
	random := rand.New(rand.NewPCG(a.Seed, uint64(i)))
	return a.Time + time.Duration(random.ExpFloat64()*float64(a.Spread))
}

// fails says whether the i-th request has a wrong answer.
func (a Ask) fails(i int) bool { return a.Fail > 0 && i%a.Fail == a.Fail-1 }
