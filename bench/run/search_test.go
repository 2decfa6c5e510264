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

// searchPlan has two curves of seven rates, 10 to 70 a second.
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

// A visited is a visit of a search: to which model, at which rate and start of the targets.
type visited struct {
	Model string
	Rate  float64
	Start int
}

// searched makes a search in which judge answers, given the visit and how often this was made before. It returns the
// visits in the order in which they were made, and their seeds.
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

// of lists the rates at which a model was visited in one start of the targets.
func of(all []visited, model string, start int) []float64 {
	var rates []float64
	for _, v := range all {
		if v.Model == model && v.Start == start {
			rates = append(rates, v.Rate)
		}
	}
	return rates
}

// limits is a judge to whom a model meets the objective up to a rate.
func limits(highest map[string]float64) func(visited, int) plan.ObjectiveStatus {
	return func(v visited, _ int) plan.ObjectiveStatus {
		if v.Rate <= highest[v.Model] {
			return plan.Met
		}
		return plan.Failed
	}
}

// Each curve is climbed at the first start of the targets, and what was found is confirmed at each further start.
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

// What holds at the first start only is not what is found: the search goes down to what holds at all.
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
		t.Errorf("where nothing holds: rates %v, want %v", got, want)
	}
	if more := len(of(all, "cgi", 1)) + len(of(all, "cgi", 2)); more > 0 {
		t.Errorf("where nothing holds: %d visits to confirm it, want none", more)
	}
}

// What noise kept from being told at one start is asked again at the next, and the search goes on from there.
func TestSearchGoesOnAfterNoise(t *testing.T) {
	fine := limits(map[string]float64{"persistent": 60, "cgi": 0})
	for name, test := range map[string]struct {
		disturbed func(visited) bool
		want      [][]float64 // by start
	}{
		"from 40/s on, at the first start": {func(v visited) bool { return v.Start == 0 && v.Rate >= 40 },
			[][]float64{{40, 40, 40, 20, 30}, {30, 40, 60, 70}, {60}}},
		"at all rates, at the first start": {func(v visited) bool { return v.Start == 0 },
			[][]float64{{40, 40, 40, 20, 20, 20, 10, 10, 10}, {40, 60, 70}, {60}}},
		"at what was found, at the second start": {func(v visited) bool { return v.Start == 1 && v.Rate == 60 },
			[][]float64{{40, 60, 70}, {60, 60, 60, 50, 60, 60, 60}, {50, 60}}},
		"from 50/s on, at each start": {func(v visited) bool { return v.Rate >= 50 },
			[][]float64{{40, 60, 60, 60, 50, 50, 50}, {40, 50, 50, 50}, {40, 50, 50, 50}}},
	} {
		t.Run(name, func(t *testing.T) {
			all, _ := searched(t, searchPlan(), func(v visited, before int) plan.ObjectiveStatus {
				if v.Model == "persistent" && test.disturbed(v) {
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

// Where long visits are disturbed each time, those at lower rates, which are longer still, are not made at this start.
func TestSearchPutsOffWhatIsLongAndNoisy(t *testing.T) {
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
		t.Errorf("of the other curve, at the last start: rates %v, want %v", got, want)
	}
}

// A visit that was disturbed says nothing and is made again, three times at the most; one that missed the objective is
// made once more; and one that failed it is not.
func TestSearchAsksAgain(t *testing.T) {
	for name, test := range map[string]struct {
		answers []plan.ObjectiveStatus // at 40/s
		holds   bool
	}{
		"met":                         {[]plan.ObjectiveStatus{plan.Met}, true},
		"failed":                      {[]plan.ObjectiveStatus{plan.Failed}, false},
		"disturbed, then met":         {[]plan.ObjectiveStatus{plan.Unclear, plan.Met}, true},
		"disturbed twice, then met":   {[]plan.ObjectiveStatus{plan.Unclear, plan.Unclear, plan.Met}, true},
		"disturbed each time":         {[]plan.ObjectiveStatus{plan.Unclear, plan.Unclear, plan.Unclear}, false},
		"missed, then met":            {[]plan.ObjectiveStatus{plan.Missed, plan.Met}, true},
		"missed twice":                {[]plan.ObjectiveStatus{plan.Missed, plan.Missed}, false},
		"missed, disturbed, met":      {[]plan.ObjectiveStatus{plan.Missed, plan.Unclear, plan.Met}, true},
		"disturbed, missed, missed":   {[]plan.ObjectiveStatus{plan.Unclear, plan.Missed, plan.Missed}, false},
		"missed, disturbed twice":     {[]plan.ObjectiveStatus{plan.Missed, plan.Unclear, plan.Unclear}, false},
		"disturbed, failed":           {[]plan.ObjectiveStatus{plan.Unclear, plan.Failed}, false},
		"disturbed, missed, failed":   {[]plan.ObjectiveStatus{plan.Unclear, plan.Missed, plan.Failed}, false},
		"missed, failed, but not met": {[]plan.ObjectiveStatus{plan.Missed, plan.Failed}, false},
	} {
		t.Run(name, func(t *testing.T) {
			all, _ := searched(t, searchPlan(), func(v visited, before int) plan.ObjectiveStatus {
				if v.Rate == 40 && v.Model == "cgi" && v.Start == 0 {
					return test.answers[before]
				}
				return limits(map[string]float64{"cgi": 40, "persistent": 40})(v, 0)
			})
			rates := of(all, "cgi", 0)
			want := slices.Repeat([]float64{40}, len(test.answers))
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

// The first visits to a rate meet the same arrivals, whichever the model, and the second visits others.
func TestSearchSeedsVisitsByRateAndTry(t *testing.T) {
	// Cgi is visited twice as often, so that the twins' visits have different numbers.
	all, seeds := searched(t, searchPlan(), func(v visited, before int) plan.ObjectiveStatus {
		if v.Model == "cgi" && before == 0 {
			return plan.Unclear
		}
		return limits(map[string]float64{"persistent": 50, "cgi": 50})(v, 0)
	})
	type ask struct {
		rate float64
		try  int
	}
	seen := map[string]map[ask]uint64{"persistent": {}, "cgi": {}}
	tries := map[visited]int{}
	for i, v := range all {
		v.Start = 0
		seen[v.Model][ask{v.Rate, tries[v]}] = seeds[i]
		tries[v]++
	}
	distinct := map[uint64]bool{}
	for a, seed := range seen["cgi"] {
		distinct[seed] = true
		if twin, ok := seen["persistent"][a]; ok && twin != seed {
			t.Errorf("%v: the seeds are %d and %d, want the same for both twins", a, seed, twin)
		}
	}
	if got, want := len(distinct), len(seen["cgi"]); got != want {
		t.Errorf("%d seeds for %d different rates and tries", got, want)
	}
	if shared := len(seen["persistent"]); shared < 5 {
		t.Errorf("persistent was visited %d times, want 5 at the least for the test to mean something", shared)
	}
}

// A budget is a bound: a visit that would pass the curve's share of it by its plan is not made, but each curve has one.
func TestSearchWithinABudget(t *testing.T) {
	p := searchPlan()
	p.MinRequests = 400 // so that a visit at 10/s takes 40 s by its plan, one at 20/s 20 s and one at 40/s 10 s
	none, all := limits(nil), limits(map[string]float64{"persistent": 70, "cgi": 70})
	check := func(budget time.Duration, judge func(visited, int) plan.ObjectiveStatus, first, second []float64, starts int) {
		t.Helper()
		p.BudgetNS = int64(budget)
		visits, _ := searched(t, p, judge)
		model := visits[0].Model // whose turn came first
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
	check(0, none, []float64{40, 20, 10}, []float64{40, 20, 10}, 1) // no bound
	check(time.Hour, none, []float64{40, 20, 10}, []float64{40, 20, 10}, 1)
	check(time.Hour, all, []float64{40, 60, 70, 70, 70}, []float64{40, 60, 70, 70, 70}, 3)
	check(1, none, []float64{40}, []float64{40}, 1)
	check(1, all, []float64{40}, []float64{40}, 1) // nor is there time to confirm it
	// Three of the ten visits that are to be expected are the first curve's, and three the second's. Of half a minute
	// that is 9 s and as many more, too few for one at 20/s. At the second start, by 21 and 24 s, there is time for it,
	// for none of the visits takes as long as it should; but not for one at 10/s.
	check(30*time.Second, none, []float64{40, 20}, []float64{40, 20}, 2)
}

// Targets are not started for nothing: neither where nothing holds, nor where there is no time to confirm what does.
func TestSearchStartsNothingInVain(t *testing.T) {
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
		t.Fatalf("announced %+v", announced)
	}
	f := announced[0]
	f.Least, f.Total = f.Least.Round(time.Millisecond), f.Total.Round(time.Millisecond)
	want := run.Forecast{Least: 507 * time.Millisecond, Total: 2250 * time.Millisecond, Starts: 3, Targets: 2}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("the forecast (-want +got):\n%s", diff)
	}
	if len(left) != 10 || slices.Min(left) < 0 || left[0] < left[9] || left[0] > f.Total {
		t.Errorf("%v is left, one visit after the other", left)
	}
}

// What ends a search is its error, and what was measured is on record.
func TestSearchEnds(t *testing.T) {
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

// A rate at which all requests fail is an answer as others are.
func TestSearchGoesOnWhereAllFails(t *testing.T) {
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

func TestObjectiveInWords(t *testing.T) {
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
