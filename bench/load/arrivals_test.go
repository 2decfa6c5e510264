package load_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
)

func sendTimes(t *testing.T, l plan.Load, length time.Duration, atLeast int, seed uint64) []time.Duration {
	t.Helper()
	p, err := load.Arrivals(l, length, atLeast, seed)
	if err != nil {
		t.Fatalf("Plan(%+v): %v", l, err)
	}
	return p
}

func TestPlanConstant(t *testing.T) {
	got := sendTimes(t, plan.Load{RateRPS: 4, Arrivals: plan.Constant}, time.Second, 0, 1)
	ms := time.Millisecond
	want := []time.Duration{125 * ms, 375 * ms, 625 * ms, 875 * ms}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Plan of 4/s in 1 s (-want +got):\n%s", diff)
	}
	got = sendTimes(t, plan.Load{RateRPS: 4, Arrivals: plan.Constant}, 0, 3, 1)
	if diff := cmp.Diff(want[:3], got); diff != "" {
		t.Errorf("Plan of at least 3 (-want +got):\n%s", diff)
	}
}

// In a burst all requests arrive at once. The rate is that of requests.
func TestPlanBursts(t *testing.T) {
	ms := time.Millisecond
	got := sendTimes(t, plan.Load{RateRPS: 12, Arrivals: "burst:3"}, time.Second, 0, 1)
	want := []time.Duration{125 * ms, 125 * ms, 125 * ms, 375 * ms, 375 * ms, 375 * ms, 625 * ms, 625 * ms, 625 * ms,
		875 * ms, 875 * ms, 875 * ms}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Plan of 12/s in bursts of 3 (-want +got):\n%s", diff)
	}
	if got := sendTimes(t, plan.Load{RateRPS: 12, Arrivals: "burst:3"}, 0, 4, 1); len(got) != 6 {
		t.Errorf("a plan of at least 4 has %d arrivals, want two bursts", len(got))
	}
	for _, wrong := range []string{"burst", "burst:", "burst:0", "burst:-1", "burst:x", "burst:100000"} {
		if _, err := load.Arrivals(plan.Load{RateRPS: 12, Arrivals: wrong}, time.Second, 0, 1); err == nil {
			t.Errorf("Plan of %q: want an error", wrong)
		}
	}
}

func TestPlanPoissonRate(t *testing.T) {
	// A count of mean 100,000 has a standard deviation of 316; the seed is fixed, so this cannot flake.
	got := sendTimes(t, plan.Load{RateRPS: 1000}, 100*time.Second, 0, 7)
	if n := len(got); math.Abs(float64(n)-100_000) > 3*316 {
		t.Errorf("1000/s for 100 s gave %d arrivals, want 100,000 ± 4 standard deviations", n)
	}
	if !slices.IsSorted(got) {
		t.Error("arrivals are not ascending")
	}
	if last := got[len(got)-1]; last >= 100*time.Second {
		t.Errorf("the last arrival is due at %v, after the end", last)
	}
}

// The gaps of a Poisson process are exponentially distributed: the Kolmogorov–Smirnov distance of n gaps is below
// 1.63/√n with a probability of 99%.
func TestPlanPoissonGaps(t *testing.T) {
	const rate = 500.0
	p := sendTimes(t, plan.Load{RateRPS: rate, Arrivals: plan.Poisson}, 40*time.Second, 0, 11)
	gaps := make([]float64, len(p))
	last := time.Duration(0)
	for i, due := range p {
		gaps[i] = (due - last).Seconds()
		last = due
	}
	slices.Sort(gaps)
	n := float64(len(gaps))
	distance := 0.0
	for i, g := range gaps {
		f := 1 - math.Exp(-rate*g)
		distance = max(distance, math.Abs(f-float64(i)/n), math.Abs(f-float64(i+1)/n))
	}
	if limit := 1.63 / math.Sqrt(n); distance > limit {
		t.Errorf("distance of %d gaps from the exponential distribution is %.4f, above %.4f", len(gaps), distance, limit)
	}
}

func TestPlanSeed(t *testing.T) {
	l := plan.Load{RateRPS: 300}
	a, b := sendTimes(t, l, time.Second, 0, 5), sendTimes(t, l, time.Second, 0, 5)
	other := sendTimes(t, l, time.Second, 0, 6)
	if !slices.Equal(a, b) {
		t.Error("the same seed gave different arrivals")
	}
	if slices.Equal(a, other) {
		t.Error("different seeds gave the same arrivals")
	}
	longer := sendTimes(t, l, time.Second, len(a)+10, 5)
	if len(longer) != len(a)+10 || !slices.Equal(longer[:len(a)], a) {
		t.Errorf("Plan of at least %d has %d arrivals and does not begin with the shorter one", len(a)+10, len(longer))
	}
}

// The arrivals of all parts together are those of the plan.
func TestPlanParts(t *testing.T) {
	for _, l := range []plan.Load{{RateRPS: 700}, {RateRPS: 700, Arrivals: plan.Constant},
		{RateRPS: 700, Arrivals: "burst:4"}} {
		whole := sendTimes(t, l, time.Second, 0, 3)
		together := make([]time.Duration, len(whole))
		const of = 3
		for number := 1; number <= of; number++ {
			share, err := load.ArrivalsOf(plan.Part{Number: number, Of: of}, l, time.Second, 0, 3)
			if err != nil {
				t.Fatal(err)
			}
			for i, due := range share {
				together[number-1+i*of] = due
			}
		}
		if !slices.Equal(together, whole) {
			t.Errorf("%+v: the arrivals of the parts are not those of the plan", l)
		}
	}
}

// The limit is that of a generator: a plan may have more arrivals than one of its parts.
func TestPlanLimit(t *testing.T) {
	l := plan.Load{RateRPS: 6e7, Arrivals: plan.Constant}
	if _, err := load.Arrivals(l, time.Second, 0, 1); err == nil {
		t.Error("one generator has 60 million arrivals in a second, and no error")
	}
	share, err := load.ArrivalsOf(plan.Part{Number: 2, Of: 1000}, l, time.Second, 0, 1)
	if err != nil || len(share) != 60_000 {
		t.Errorf("a thousandth of 60 million arrivals has %d, %v", len(share), err)
	}
}

func TestPlanErrors(t *testing.T) {
	for name, l := range map[string]plan.Load{
		"no rate":       {},
		"negative rate": {RateRPS: -1},
		"not a number":  {RateRPS: math.NaN()},
		"infinite":      {RateRPS: math.Inf(1)},
		"too long":      {RateRPS: 1e9},
		"unknown name":  {RateRPS: 1, Arrivals: "uniform"},
	} {
		if p, err := load.Arrivals(l, time.Second, 0, 1); err == nil {
			t.Errorf("%s: Plan gave %d arrivals and no error", name, len(p))
		}
	}
}
