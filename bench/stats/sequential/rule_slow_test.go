//go:build slow

package sequential_test

import (
	"testing"

	"forktax/bench/stats/sequential"
)

// The rates of correct verdicts are high enough on noise like that of a shared machine with two cores. The seeds are
// fixed, so the rates are reproducible.
func TestRates(t *testing.T) {
	const checks = 60
	at0 := sequential.Rule{Margin: 0, MustCatch: 0.02, Alpha: 0.01, Draws: 4096}
	equal := []float64{0, 0, 0, 0, 0}
	for name, test := range map[string]struct {
		rule    sequential.Rule
		changes []float64
		want    sequential.Verdict
		atLeast float64
		starts  float64 // largest average number of starts
	}{
		"equal":                   {rule, equal, sequential.Pass, 1, 16},
		"at the margin":           {rule, []float64{0.03, 0, 0, 0, 0}, sequential.Pass, 0.98, 20},
		"10% more":                {rule, []float64{0.1, 0.1, 0.1, 0.1, 0.1}, sequential.Regression, 0.98, 40},
		"10% more by one":         {rule, []float64{0, 0, 0.1, 0, 0}, sequential.Regression, 0.98, 40},
		"half as much":            {rule, []float64{-0.5, -0.5, -0.5, -0.5, -0.5}, sequential.Pass, 1, 16},
		"2% more, without one":    {at0, []float64{0.02, 0.02}, sequential.Regression, 0.7, 96},
		"equal, without a margin": {at0, []float64{0, 0}, sequential.Pass, 0.98, 62},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, starts := rates(test.rule, test.changes, 96, checks)
			if got[test.want] < test.atLeast || starts > test.starts {
				t.Errorf("%v in %.2f of the checks, after %.0f starts, want at least %.2f and at most %.0f: %v", test.want,
					got[test.want], starts, test.atLeast, test.starts, got)
			}
		})
	}
}

// At most a share alpha of the candidates that cost MustCatch more pass, including passes after an unconfirmed alarm.
func TestFalsePasses(t *testing.T) {
	r := sequential.Rule{Margin: 0.03, MustCatch: 0.1, Alpha: 0.2, Draws: 512}
	passes := 0
	const checks = 500
	for i := range checks {
		r.Seed = uint64(i)
		m := newMachine(uint64(i))
		m.start, m.pair = 0.2, 0.02 // alarms come late, when much of a part's error has been spent on a pass
		if j, _ := check(r, m, []float64{0.1}, 112); j.Verdict == sequential.Pass {
			passes++
		}
	}
	if passes > 122 { // 2.5 standard deviations above 100
		t.Errorf("%d passes of %d checks, want 100 or fewer", passes, checks)
	}
}

// Four machines, with alarms confirmed on other machines, against one machine with four times the time. The rates are
// in docs/machines.md.
func TestFleetRates(t *testing.T) {
	const checks = 200
	one := []runner{fleet[0]}
	one[0].starts *= len(fleet)
	for _, change := range []float64{0, 0.05} {
		changes := []float64{change, change, change, change, change}
		four := ofFleet(rule, checks, 0, changes...)
		single := map[sequential.Verdict]float64{}
		for i := range checks {
			r := rule
			r.Seed = uint64(i)
			d, starts := measure(one, uint64(i), 0, changes...)
			d.Screened = starts[0] / 2
			single[r.Judge(d).Verdict] += 1 / float64(checks)
		}
		t.Logf("%+.0f%%: four machines %v; one machine with four times the time %v", 100*change, four, single)
		if change == 0 && four[sequential.Regression] > 1./checks || change > 0 && four[sequential.Regression] < 0.9 {
			t.Errorf("%+.0f%%: %v", 100*change, four)
		}
	}
}
