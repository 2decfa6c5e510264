package calibrate_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/calibrate"
	"forktax/bench/stats/sequential"
)

// drawn returns normal noise: an effect of each start with standard deviation 0.05, and pairs around it with 0.08.
func drawn(starts, pairs int) sequential.Series {
	random := rand.New(rand.NewPCG(3, 4))
	s := make(sequential.Series, starts)
	for i := range s {
		effect := 0.05 * random.NormFloat64()
		for range pairs {
			s[i] = append(s[i], effect+0.08*random.NormFloat64())
		}
	}
	return s
}

// With random labels, the tests over starts alarm at their rate of 5%. With 800 labels, 2.3 percentage points are three
// standard deviations; the seed is fixed. The pairs of a start share its effect, so a test over pairs alarms more
// often.
func TestLabels(t *testing.T) {
	o, err := calibrate.Labels(t.Context(), newLab(), drawn(24, 20), 800)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range o.Measures[:2] {
		if math.Abs(m.Value-5) > 2.3 {
			t.Errorf("%s: %.2f%%, want 5 ± 2.3", m.Name, m.Value)
		}
	}
	if byPairs := o.Measures[2]; byPairs.Value < 7 || byPairs.Must != nil {
		t.Errorf("%s: %.2f%% with limit %v, want far more than 5%%, without a limit", byPairs.Name, byPairs.Value,
			byPairs.Must)
	}
	o, err = calibrate.Labels(t.Context(), newLab(), drawn(sequential.StartsAtOnce-1, 20), 10)
	if err != nil || o.Verdict != calibrate.Unjudged {
		t.Errorf("too few starts: %q, %v, want %q", o.Verdict, err, calibrate.Unjudged)
	}
}

// Injected changes are estimated without bias, and large ones are found.
func TestInjected(t *testing.T) {
	o, err := calibrate.Injected(t.Context(), newLab(), drawn(60, 8), 12)
	if err != nil {
		t.Fatal(err)
	}
	if o.Measures[0].Value > 2.5 { // the standard error of a mean of 12 is 0.5 percentage points
		t.Errorf("bias %.2f percentage points, want about 0", o.Measures[0].Value)
	}
	if rows := o.Table.Rows; len(rows) != 8 || len(rows[0]) != len(o.Table.Header) {
		t.Fatalf("table %+v", o.Table)
	}
	none, most := o.Table.Rows[0], o.Table.Rows[7]
	if none[6] != "0.0%" || most[3] != "100.0%" || most[6] != "100.0%" {
		t.Errorf("regressions: %s without a change at margin 3%%, %s and %s with +50%%; want none and all", none[6],
			most[3], most[6])
	}
}

// Swapped labels change the sign of whole starts, and nothing else.
func TestRelabelled(t *testing.T) {
	s := sequential.Series{{1, -2}, {3}, {4, 5}}
	swapped := map[float64]bool{}
	for seed := range uint64(20) {
		for i, start := range calibrate.Relabelled(s, rand.New(rand.NewPCG(seed, 0))) {
			sign := start[0] / s[i][0]
			swapped[float64(i+1)*sign] = true
			for j := range start {
				if math.Abs(sign) != 1 || start[j] != sign*s[i][j] {
					t.Errorf("start %d became %v, want ±%v", i, start, s[i])
				}
			}
		}
	}
	if len(swapped) != 6 || s[0][0] != 1 {
		t.Errorf("signs %v, want both for each start; the series is now %v", swapped, s)
	}
	again := calibrate.Resampled(s, 50, rand.New(rand.NewPCG(1, 0)))
	for _, start := range again {
		if !slices.ContainsFunc(s, func(from []float64) bool {
			return len(from) == len(start) && math.Abs(from[0]) == math.Abs(start[0])
		}) {
			t.Errorf("%v is not a start of %v", start, s)
		}
	}
	if len(again) != 50 {
		t.Errorf("%d starts, want 50", len(again))
	}
}

// For 0 of 20, 0.025 = (1−p)²⁰ at p = 1 − 0.025^(1/20) = 0.1684. For 1 of 200, the lower end is 1 − 0.975^(1/200) =
// 0.000127, and the upper end 0.02754 is from tables.
func TestClopperPearson(t *testing.T) {
	check := func(k, n int, low, high float64) {
		t.Helper()
		l, h := calibrate.ClopperPearson(k, n)
		if math.Abs(l-low) > 1e-5 || math.Abs(h-high) > 1e-5 {
			t.Errorf("clopperPearson(%d, %d) = %.6f, %.6f, want %.6f, %.6f", k, n, l, h, low, high)
		}
	}
	check(0, 20, 0, 0.16843)
	check(20, 20, 0.83157, 1)
	check(1, 200, 0.000127, 0.02754)
	check(5, 10, 0.18709, 0.81291)
}

// The means are 2 and 2.2 ms, with coefficients of variation of 0.05 and 0.1: the ratio is 1.1 ± √(0.05²+0.1²)·1.1 =
// 0.123.
func TestFine(t *testing.T) {
	ratio, deviation, err := calibrate.HyperfineRatio(
		`{"results":[{"command":"a","mean":0.002,"stddev":0.0001,"times":[0.002]}]}`,
		`{"results":[{"command":"a","mean":0.0022,"stddev":0.00022}]}`)
	if err != nil || math.Abs(ratio-1.1) > 1e-12 || math.Abs(deviation-0.1229837) > 1e-6 {
		t.Errorf("%v ± %v, %v, want 1.1 ± 0.123", ratio, deviation, err)
	}
	for _, text := range []string{"", "{}", `{"results":[{"mean":0}]}`, `{"results":[{"mean":1},{"mean":1}]}`} {
		if _, _, err := calibrate.HyperfineRatio(text, text); err == nil {
			t.Errorf("HyperfineRatio(%q) has no error, want one", text)
		}
	}
}
