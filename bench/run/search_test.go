package run_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
)

// searchPlan returns a plan with two curves of seven rates, 10/s to 70/s.
func searchPlan() plan.Plan {
	p := somePlan()
	p.Cells, p.Rounds = nil, 0
	for _, rate := range []float64{10, 20, 30, 40, 50, 60, 70} {
		for _, model := range []string{"persistent", "cgi"} {
			p.Cells = append(p.Cells, plan.Cell{Workload: "hello", Request: "hello", Model: model, Engine: "fake",
				Load: plan.Load{Kind: plan.Open, Concurrency: 1, RateRPS: rate}})
		}
	}
	p.Searched, p.Objective = true, &plan.Objective{Percentile: 0.5, LimitNS: int64(time.Second)}
	return p
}

// A visited is a visit of a search.
type visited struct {
	Model string
	Rate  float64
	Start int
}

// searched executes a search. judge returns the status of a visit, given the number of equal visits before it. searched
// returns the visits in order, and their seeds.
func searched(t *testing.T, p plan.Plan, judge func(v visited, before int) plan.ObjectiveStatus) ([]visited, []uint64) {
	t.Helper()
	engine := &fakeEngine{}
	r := newRunner(t, p, &fakeLauncher{}, engine)
	var all []visited
	err := r.Search(t.Context(), func() (plan.ObjectiveStatus, error) {
		blocks := read(t, r.Record.Dir).Blocks
		b := blocks[len(blocks)-1]
		v := visited{p.Cells[b.Cell].Model, p.Cells[b.Cell].Load.RateRPS, b.Start}
		before := 0
		for _, w := range all {
			if w == v {
				before++
			}
		}
		all = append(all, v)
		return judge(v, before), nil
	})
	if err != nil {
		t.Fatalf("Search = %v", err)
	}
	var seeds []uint64
	for _, v := range engine.visits {
		seeds = append(seeds, v.Seed)
	}
	return all, seeds
}

// of returns the rates at which a model was visited in one start of the targets.
func of(all []visited, model string, start int) []float64 {
	var rates []float64
	for _, v := range all {
		if v.Model == model && v.Start == start {
			rates = append(rates, v.Rate)
		}
	}
	return rates
}

// limits returns a judge for which a model meets the objective up to the given rate.
func limits(highest map[string]float64) func(visited, int) plan.ObjectiveStatus {
	return func(v visited, _ int) plan.ObjectiveStatus {
		if v.Rate <= highest[v.Model] {
			return plan.Met
		}
		return plan.Failed
	}
}

// Each curve is searched at the first start of the targets, and the result is confirmed at each further start.
func TestSearch(t *testing.T) {
	all, _ := searched(t, searchPlan(), limits(map[string]float64{"persistent": 60, "cgi": 30}))
	for start, want := range []map[string][]float64{
		{"persistent": {40, 60, 70}, "cgi": {40, 20, 30}},
		{"persistent": {60}, "cgi": {30}},
		{"persistent": {60}, "cgi": {30}},
	} {
		for model, rates := range want {
			if got := of(all, model, start); !slices.Equal(got, rates) {
				t.Errorf("start %d, %s: rates %v, want %v", start, model, got, rates)
			}
		}
	}
	if len(all) != 10 {
		t.Errorf("%d visits, want 10: %v", len(all), all)
	}
}

// A rate that holds only at the first start is not the result: the search goes down to a rate that holds at all starts.
func TestSearchStepsDownAtFurtherStarts(t *testing.T) {
	all, _ := searched(t, searchPlan(), func(v visited, _ int) plan.ObjectiveStatus {
		return limits(map[string]float64{"persistent": []float64{50, 30, 70}[v.Start], "cgi": 0})(v, 0)
	})
	for start, want := range [][]float64{{40, 60, 50}, {50, 40, 30}, {30}} {
		if got := of(all, "persistent", start); !slices.Equal(got, want) {
			t.Errorf("start %d: rates %v, want %v", start, got, want)
		}
	}
	if got, want := of(all, "cgi", 0), []float64{40, 20, 10}; !slices.Equal(got, want) {
		t.Errorf("if nothing holds: rates %v, want %v", got, want)
	}
	if more := len(of(all, "cgi", 1)) + len(of(all, "cgi", 2)); more > 0 {
		t.Errorf("if nothing holds: %d visits at further starts, want none", more)
	}
}

// A point with only invalid visits at one start is visited again at the next, and the search continues from there.
func TestSearchContinuesAfterNoise(t *testing.T) {
	fine := limits(map[string]float64{"persistent": 60, "cgi": 0})
	for name, test := range map[string]struct {
		invalid func(visited) bool
		want    [][]float64 // rates by start
	}{
		"from 40/s on, at the first start": {func(v visited) bool { return v.Start == 0 && v.Rate >= 40 },
			[][]float64{{40, 40, 40, 20, 30}, {30, 40, 60, 70}, {60}}},
		"at all rates, at the first start": {func(v visited) bool { return v.Start == 0 },
			[][]float64{{40, 40, 40, 20, 20, 20, 10, 10, 10}, {40, 60, 70}, {60}}},
		"at the result, at the second start": {func(v visited) bool { return v.Start == 1 && v.Rate == 60 },
			[][]float64{{40, 60, 70}, {60, 60, 60, 50, 60, 60, 60}, {50, 60}}},
		"from 50/s on, at each start": {func(v visited) bool { return v.Rate >= 50 },
			[][]float64{{40, 60, 60, 60, 50, 50, 50}, {40, 50, 50, 50}, {40, 50, 50, 50}}},
	} {
		t.Run(name, func(t *testing.T) {
			all, _ := searched(t, searchPlan(), func(v visited, before int) plan.ObjectiveStatus {
				if v.Model == "persistent" && test.invalid(v) {
					return plan.Unclear
				}
				return fine(v, before)
			})
			for start, want := range test.want {
				if got := of(all, "persistent", start); !slices.Equal(got, want) {
					t.Errorf("start %d: rates %v, want %v", start, got, want)
				}
			}
		})
	}
}

// If all visits to a point are invalid and long, lower rates, whose visits are even longer, are not visited at this
// start.
func TestSearchPostponesLongNoisyVisits(t *testing.T) {
	p := searchPlan()
	p.MinRequests = 125 // so that a visit takes 6.25 s at 20/s, and 4.2 s at 30/s
	all, _ := searched(t, p, func(v visited, _ int) plan.ObjectiveStatus {
		if v.Start == 0 && v.Model == "cgi" {
			return plan.Unclear
		}
		return limits(map[string]float64{"cgi": 10, "persistent": 70})(v, 0)
	})
	for start, want := range [][]float64{{40, 40, 40, 20, 20, 20}, {40, 20, 10}, {10}} {
		if got := of(all, "cgi", start); !slices.Equal(got, want) {
			t.Errorf("start %d: rates %v, want %v", start, got, want)
		}
	}
	if got, want := of(all, "persistent", 2), []float64{70}; !slices.Equal(got, want) {
		t.Errorf("other curve, last start: rates %v, want %v", got, want)
	}
}

// An invalid visit is repeated, up to three visits in total. A visit that missed the objective is repeated once, and
// one that failed it is not repeated.
func TestSearchRepeatsVisits(t *testing.T) {
	for name, test := range map[string]struct {
		results []plan.ObjectiveStatus // results at 40/s
		holds   bool
	}{
		"met":                     {[]plan.ObjectiveStatus{plan.Met}, true},
		"failed":                  {[]plan.ObjectiveStatus{plan.Failed}, false},
		"invalid, then met":       {[]plan.ObjectiveStatus{plan.Unclear, plan.Met}, true},
		"invalid twice, then met": {[]plan.ObjectiveStatus{plan.Unclear, plan.Unclear, plan.Met}, true},
		"invalid each time":       {[]plan.ObjectiveStatus{plan.Unclear, plan.Unclear, plan.Unclear}, false},
		"missed, then met":        {[]plan.ObjectiveStatus{plan.Missed, plan.Met}, true},
		"missed twice":            {[]plan.ObjectiveStatus{plan.Missed, plan.Missed}, false},
		"missed, invalid, met":    {[]plan.ObjectiveStatus{plan.Missed, plan.Unclear, plan.Met}, true},
		"invalid, missed, missed": {[]plan.ObjectiveStatus{plan.Unclear, plan.Missed, plan.Missed}, false},
		"missed, invalid twice":   {[]plan.ObjectiveStatus{plan.Missed, plan.Unclear, plan.Unclear}, false},
		"invalid, failed":         {[]plan.ObjectiveStatus{plan.Unclear, plan.Failed}, false},
		"invalid, missed, failed": {[]plan.ObjectiveStatus{plan.Unclear, plan.Missed, plan.Failed}, false},
		"missed, failed":          {[]plan.ObjectiveStatus{plan.Missed, plan.Failed}, false},
	} {
		t.Run(name, func(t *testing.T) {
			all, _ := searched(t, searchPlan(), func(v visited, before int) plan.ObjectiveStatus {
				if v.Rate == 40 && v.Model == "cgi" && v.Start == 0 {
					return test.results[before]
				}
				return limits(map[string]float64{"cgi": 40, "persistent": 40})(v, 0)
			})
			rates := of(all, "cgi", 0)
			want := slices.Repeat([]float64{40}, len(test.results))
			if test.holds {
				want = append(want, 60, 50)
			} else {
				want = append(want, 20, 30)
			}
			if !slices.Equal(rates, want) {
				t.Errorf("rates %v, want %v", rates, want)
			}
		})
	}
}

// The first visits to a rate have the same arrivals for both models; second visits have different ones.
func TestSearchSeedsVisitsByRateAndTry(t *testing.T) {
	// cgi is visited twice as often, so that visits of the models with equal rates have different numbers.
	all, seeds := searched(t, searchPlan(), func(v visited, before int) plan.ObjectiveStatus {
		if v.Model == "cgi" && before == 0 {
			return plan.Unclear
		}
		return limits(map[string]float64{"persistent": 50, "cgi": 50})(v, 0)
	})
	type attempt struct {
		rate float64
		try  int
	}
	seen := map[string]map[attempt]uint64{"persistent": {}, "cgi": {}}
	tries := map[visited]int{}
	for i, v := range all {
		v.Start = 0
		seen[v.Model][attempt{v.Rate, tries[v]}] = seeds[i]
		tries[v]++
	}
	distinct := map[uint64]bool{}
	for a, seed := range seen["cgi"] {
		distinct[seed] = true
		if other, ok := seen["persistent"][a]; ok && other != seed {
			t.Errorf("%v: seeds are %d and %d, want the same for both models", a, seed, other)
		}
	}
	if got, want := len(distinct), len(seen["cgi"]); got != want {
		t.Errorf("%d seeds for %d different rates and tries", got, want)
	}
	if shared := len(seen["persistent"]); shared < 5 {
		t.Errorf("persistent was visited %d times, want at least 5 for a meaningful test", shared)
	}
}

// A visit whose planned duration does not fit into the curve's share of the budget is not made, but each curve has at
// least one visit.
func TestSearchWithinABudget(t *testing.T) {
	p := searchPlan()
	p.MinRequests = 400 // planned durations are 40 s at 10/s, 20 s at 20/s and 10 s at 40/s
	none, all := limits(nil), limits(map[string]float64{"persistent": 70, "cgi": 70})
	check := func(budget time.Duration, judge func(visited, int) plan.ObjectiveStatus, first, second []float64,
		starts int) {
		t.Helper()
		p.BudgetNS = int64(budget)
		visits, _ := searched(t, p, judge)
		model := visits[0].Model // the first turn
		var got [2][]float64
		for _, v := range visits {
			if v.Model == model {
				got[0] = append(got[0], v.Rate)
			} else {
				got[1] = append(got[1], v.Rate)
			}
		}
		if diff := cmp.Diff([2][]float64{first, second}, got); diff != "" {
			t.Errorf("within %v: rates of the curves (-want +got):\n%s", budget, diff)
		}
		if last := visits[len(visits)-1].Start; last != starts-1 {
			t.Errorf("within %v: %d starts, want %d", budget, last+1, starts)
		}
	}
	check(0, none, []float64{40, 20, 10}, []float64{40, 20, 10}, 1) // no limit
	check(time.Hour, none, []float64{40, 20, 10}, []float64{40, 20, 10}, 1)
	check(time.Hour, all, []float64{40, 60, 70, 70, 70}, []float64{40, 60, 70, 70, 70}, 3)
	check(1, none, []float64{40}, []float64{40}, 1)
	check(1, all, []float64{40}, []float64{40}, 1) // no time to confirm the result
	// At the first start each curve has three of the ten expected visits, and so 9 s of 30 s, which are too few for a
	// visit at 20/s. At the second start, whose turns end at 21 and 24 s, there is time for it, since the visits of this
	// test take almost no time; but not for a visit at 10/s.
	check(30*time.Second, none, []float64{40, 20}, []float64{40, 20}, 2)
}

// Targets are not started again if nothing holds, or if there is no time to confirm the result.
func TestSearchAvoidsUselessStarts(t *testing.T) {
	for verdict, budget := range map[plan.ObjectiveStatus]int64{plan.Failed: 0, plan.Met: 1} {
		p, launcher := searchPlan(), &fakeLauncher{}
		p.BudgetNS = budget
		r := newRunner(t, p, launcher, &fakeEngine{})
		if err := r.Search(t.Context(), func() (plan.ObjectiveStatus, error) { return verdict, nil }); err != nil {
			t.Fatalf("Search = %v", err)
		}
		if got := launcher.started.Load(); got != 2 {
			t.Errorf("verdict %v, budget %d: %d targets were started, want 2", verdict, budget, got)
		}
	}
}

// A search announces its duration: the shortest if all rates hold, the longest if only the lowest does, at which three
// requests take 0.3 s. The time left is reported before each visit.
func TestSearchForecast(t *testing.T) {
	r := newRunner(t, searchPlan(), &fakeLauncher{}, &fakeEngine{})
	var announced []run.Forecast
	var left []time.Duration
	r.Announce = func(f run.Forecast) { announced = append(announced, f) }
	r.Progress = func(p run.Progress) { left = append(left, p.Left) }
	if err := r.Search(t.Context(), func() (plan.ObjectiveStatus, error) { return plan.Met, nil }); err != nil {
		t.Fatal(err)
	}
	if len(announced) != 1 {
		t.Fatalf("announced %+v, want one forecast", announced)
	}
	f := announced[0]
	f.Least, f.Total = f.Least.Round(time.Millisecond), f.Total.Round(time.Millisecond)
	want := run.Forecast{Least: 507 * time.Millisecond, Total: 2250 * time.Millisecond, Starts: 3, Targets: 2}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("forecast (-want +got):\n%s", diff)
	}
	if len(left) != 10 || slices.Min(left) < 0 || left[0] < left[9] || left[0] > f.Total {
		t.Errorf("Left of the visits = %v, want 10 durations that decrease from at most %v", left, f.Total)
	}
}

// Search returns the error that ends it, and earlier blocks are recorded.
func TestSearchErrors(t *testing.T) {
	engine := &fakeEngine{}
	r := newRunner(t, searchPlan(), &fakeLauncher{}, engine)
	err := r.Search(t.Context(), func() (plan.ObjectiveStatus, error) { return plan.Met, errFake })
	if !errors.Is(err, errFake) {
		t.Errorf("Search = %v, want %v", err, errFake)
	}
	if got := len(read(t, r.Record.Dir).Blocks); got != 1 {
		t.Errorf("%d blocks are recorded, want 1", got)
	}
	engine.run = func(context.Context, load.Visit, load.Recorder) error { return errFake }
	r = newRunner(t, searchPlan(), &fakeLauncher{}, engine)
	err = r.Search(t.Context(), func() (plan.ObjectiveStatus, error) { return plan.Met, nil })
	if !errors.Is(err, errFake) {
		t.Errorf("Search = %v, want %v", err, errFake)
	}
}

// A rate at which all requests fail does not end the search.
func TestSearchContinuesAfterFailures(t *testing.T) {
	engine := &fakeEngine{run: func(_ context.Context, v load.Visit, rec load.Recorder) error {
		o := record.Observation{Status: 200}
		if v.Load.RateRPS > 20 {
			o = record.Observation{Err: record.ErrRefused}
		}
		rec.Observe([]record.Observation{o})
		return nil
	}}
	r := newRunner(t, searchPlan(), &fakeLauncher{}, engine)
	err := r.Search(t.Context(), func() (plan.ObjectiveStatus, error) {
		blocks := read(t, r.Record.Dir).Blocks
		if blocks[len(blocks)-1].Failed() > 0 {
			return plan.Failed, nil
		}
		return plan.Met, nil
	})
	if err != nil {
		t.Fatalf("Search = %v", err)
	}
	if got, want := len(read(t, r.Record.Dir).Blocks), 2*(3+2); got != want {
		t.Errorf("%d blocks are recorded, want %d", got, want)
	}
}

func TestObjectiveString(t *testing.T) {
	check := func(percentile float64, limit time.Duration, want string) {
		t.Helper()
		if got := (plan.Objective{Percentile: percentile, LimitNS: int64(limit)}).String(); got != want {
			t.Errorf("Objective{%g, %v}.String() = %q, want %q", percentile, limit, got, want)
		}
	}
	check(0.99, 50*time.Millisecond, "p99 ≤ 50 ms")
	check(0.5, 1500*time.Millisecond, "p50 ≤ 1.5 s")
	check(0.999, 80*time.Microsecond, "p99.9 ≤ 80 µs")
	check(0.57, 90*time.Second, "p57 ≤ 90 s") // 0.57*100 is 56.99999999999999
	check(0.9999, 7, "p99.99 ≤ 7 ns")
}
