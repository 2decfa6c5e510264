package plan_test

import (
	"errors"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// atRates is the plan of a program with one request, whose two models are measured at rates only.
func atRates(budget time.Duration, rates []float64, change func(*plan.Options)) (plan.Plan, error) {
	o := defaults()
	o.Selections, o.Floor, o.ReuseLevels, o.Rates = []subject.Selection{{Program: "hello"}}, false, false, rates
	o.Budget = budget
	if change != nil {
		change(&o)
	}
	return plan.New(o, []subject.Program{described("hello", []string{"cgi", "persistent"}, "hello")}, nil, subject.Floor{})
}

// A rate so low that the time allowed does not hold the requests that are needed is refused, with a budget that does.
func TestBudgetOfALowRate(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		budget time.Duration
		rates  []float64
		change func(*plan.Options)
		want   string // "": it is not refused
	}{
		// 5 requests take 10 s, and a visit at the other rate 0.25 s; by two models and six times 123 s, which are 70 % of
		// twice 88 s.
		"too low": {3 * s, []float64{100, 0.5}, nil, "--rate 0.5: a visit of 5 requests takes 10s, a round of visits " +
			"20.5s, and 6 rounds are needed; a --budget of 3s is not enough: give --budget 1m28s, or more, or a higher rate"},
		"with the budget that is named": {88 * s, []float64{100, 0.5}, nil, ""},
		"all starts are wanted": {60 * s, []float64{0.5}, func(o *plan.Options) { o.Explicit["starts"] = true },
			"--rate 0.5: a visit of 5 requests takes 10s, a round of visits 20s, and 8 rounds are needed; " +
				"a --budget of 1m0s is not enough: give --budget 1m55s, or more, or a higher rate"},
		"rounds are counted": {3 * s, []float64{0.5}, func(o *plan.Options) { o.Rounds = 3 }, ""},
		"high enough":        {3 * s, []float64{100}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := atRates(test.budget, test.rates, test.change)
			wrong := new(subject.OptionError)
			if test.want == "" && err == nil || errors.As(err, &wrong) && err.Error() == test.want {
				return
			}
			t.Errorf("New = %v, want %q", err, test.want)
		})
	}
}

// What a visit waits for a target that cannot keep up leaves time for the other visits.
func TestGrace(t *testing.T) {
	const s = time.Second
	twoCells := func(o *plan.Options) { o.Clients, o.CrossCheck = []int{1}, false }
	for name, test := range map[string]struct {
		budget time.Duration
		rates  []float64 // none: a closed loop
		change func(*plan.Options)
		want   time.Duration
	}{
		// Of twice the budget 70 %, shared by three visits to each of two cells, the first 250 ms of which are planned.
		"its share of the time": {30 * s, []float64{100}, nil, 6750 * time.Millisecond},
		"a second at least":     {3 * s, []float64{60_000}, nil, s},
		"no more than requests": {300 * s, []float64{100}, nil, subject.DefaultTimeout},
		"rounds are counted":    {3 * s, []float64{100}, func(o *plan.Options) { o.Rounds = 3 }, 0},
		"a search":              {30 * s, nil, func(o *plan.Options) { o.FindKnee, o.SLO = true, "p99=50ms" }, 0},
		// Of the budget 70 %, shared by three visits to each of two cells, the first 20 ms of which are planned.
		"a closed loop":                 {30 * s, nil, twoCells, 3480 * time.Millisecond},
		"a closed loop in a short time": {2 * s, nil, nil, 1500 * time.Millisecond},
		"a closed loop in rounds":       {30 * s, nil, func(o *plan.Options) { o.Rounds = 3 }, 0},
	} {
		p, err := atRates(test.budget, test.rates, test.change)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Grace(p.Cells[0]); got != test.want {
			t.Errorf("%s: Grace() = %v, want %v", name, got, test.want)
		}
	}
}
