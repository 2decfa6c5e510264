package plan_test

import (
	"errors"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// atRates returns the plan of a program with one request and two models, measured at rates only.
func atRates(budget time.Duration, rates []float64, change func(*plan.Options)) (plan.Plan, error) {
	o := defaults()
	o.Selections, o.Floor, o.ReuseLevels, o.Rates = []subject.Selection{{Program: "hello"}}, false, false, rates
	o.Budget = budget
	if change != nil {
		change(&o)
	}
	return plan.New(o, []subject.Program{described("hello", []string{"cgi", "persistent"}, "hello")}, nil, subject.Floor{})
}

// A rate that is too low for the budget is an error, which names a budget that is long enough.
func TestBudgetForLowRate(t *testing.T) {
	const s = time.Second
	for name, test := range map[string]struct {
		budget time.Duration
		rates  []float64
		change func(*plan.Options)
		want   string // "": no error
	}{
		// 5 requests take 10 s, and a visit at the other rate 0.25 s. For two models and six rounds this is 123 s, which is
		// 70% of twice 88 s.
		"too low": {3 * s, []float64{100, 0.5}, nil, "--rate 0.5: 5 requests take 10s, a round of visits takes 20.5s, " +
			"and 6 rounds are needed; --budget 3s is too short: use at least --budget 1m28s, or a higher rate"},
		"with the suggested budget": {88 * s, []float64{100, 0.5}, nil, ""},
		"starts are given": {60 * s, []float64{0.5}, func(o *plan.Options) { o.Explicit["starts"] = true },
			"--rate 0.5: 5 requests take 10s, a round of visits takes 20s, and 8 rounds are needed; " +
				"--budget 1m0s is too short: use at least --budget 1m55s, or a higher rate"},
		"rounds are given": {3 * s, []float64{0.5}, func(o *plan.Options) { o.Rounds = 3 }, ""},
		"high enough":      {3 * s, []float64{100}, nil, ""},
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

// The grace of a visit to a target that cannot keep up leaves time for the other visits.
func TestGrace(t *testing.T) {
	const s = time.Second
	twoCells := func(o *plan.Options) { o.Clients, o.CrossCheck = []int{1}, false }
	for name, test := range map[string]struct {
		budget time.Duration
		rates  []float64 // none: a closed loop
		change func(*plan.Options)
		want   time.Duration
	}{
		// 70% of twice the budget, divided by three visits to each of two cells, minus the planned 250 ms.
		"a share of the time": {30 * s, []float64{100}, nil, 6750 * time.Millisecond},
		"at least a second":   {3 * s, []float64{60_000}, nil, s},
		"at most the timeout": {300 * s, []float64{100}, nil, subject.DefaultTimeout},
		"rounds are given":    {3 * s, []float64{100}, func(o *plan.Options) { o.Rounds = 3 }, 0},
		"a search":            {30 * s, nil, func(o *plan.Options) { o.FindKnee, o.SLO = true, "p99=50ms" }, 0},
		// 70% of the budget, divided by three visits to each of two cells, minus the planned 20 ms.
		"a closed loop":                     {30 * s, nil, twoCells, 3480 * time.Millisecond},
		"a closed loop with a short budget": {2 * s, nil, nil, 1500 * time.Millisecond},
		"a closed loop with rounds":         {30 * s, nil, func(o *plan.Options) { o.Rounds = 3 }, 0},
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
