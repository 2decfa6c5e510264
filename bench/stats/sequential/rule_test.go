package sequential_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats/sequential"
)

var rule = sequential.Rule{Margin: sequential.DefaultMargin, MustCatch: sequential.DefaultMustCatch,
	Alpha: sequential.DefaultAlpha, Seed: 1, Draws: 4096}

// A machine simulates the log ratios of a noisy machine, with noise for each start of the targets and for each pair.
type machine struct {
	*rand.Rand
	start, pair float64 // standard deviations
}

func newMachine(seed uint64) *machine {
	return &machine{rand.New(rand.NewPCG(seed, 0)), 0.005, 0.09}
}

// begin returns the pairs of one start for a true increase in cost; 0.1 is 10%.
func (m *machine) begin(change float64, pairs int) []float64 {
	at := math.Log1p(change) + m.start*m.NormFloat64()
	start := make([]float64, pairs)
	for i := range start {
		start[i] = at + m.pair*m.NormFloat64()
	}
	return start
}

// check simulates a check of at most most starts, and returns the final judgement and the number of starts.
func check(r sequential.Rule, m *machine, changes []float64, most int) (sequential.Judgement, int) {
	d := sequential.Data{Gates: make([]sequential.Series, len(changes)), Controls: []sequential.Series{{}}}
	stage, look := 0, 0
	for starts := 0; ; starts++ {
		d.Ended = starts == most
		if d.Ended || starts == look {
			j := r.Judge(d)
			look = j.NextLook
			if stage = j.Stage; j.Verdict != sequential.Open {
				return j, starts
			}
		}
		pairs := 3 << stage
		for i, c := range changes {
			d.Gates[i] = append(d.Gates[i], m.begin(c, pairs))
		}
		d.Controls[0] = append(d.Controls[0], m.begin(r.MustCatch, pairs))
	}
}

// rates returns the rate of each verdict and the average number of starts over this number of checks.
func rates(r sequential.Rule, changes []float64, most, checks int) (
	rates map[sequential.Verdict]float64, starts float64) {
	rates = map[sequential.Verdict]float64{}
	for i := range checks {
		r.Seed = uint64(i)
		j, n := check(r, newMachine(uint64(i)), changes, most)
		rates[j.Verdict] += 1 / float64(checks)
		starts += float64(n) / float64(checks)
	}
	return rates, starts
}

// At most a share alpha of the candidates at the margin raise an alarm, over all looks and gates together, even if
// starts differ. Fewer alarms are confirmed.
func TestAlarms(t *testing.T) {
	r := sequential.Rule{Margin: 0.03, MustCatch: 0.1, Alpha: 0.05, Draws: 2048}
	alarms, confirmed := 0, 0
	const checks = 1000
	for i := range checks {
		r.Seed = uint64(i)
		m := newMachine(uint64(i))
		m.start = 0.04 // a test over pairs would alarm several times too often
		j, _ := check(r, m, []float64{0.03, 0.03}, 48)
		if j.Alarmed {
			alarms++
		}
		if j.Verdict == sequential.Regression {
			confirmed++
		}
	}
	if alarms > 67 || alarms < 15 { // of 1000 at 5%, 67 is 2.5 standard deviations more; some pass before all is spent
		t.Errorf("%d alarms in %d checks, want about 50 or fewer", alarms, checks)
	}
	if confirmed > 10 {
		t.Errorf("%d regressions in %d checks, want at most 10, a fifth of the expected alarms", confirmed, checks)
	}
}

// With many gates each has a small share of alpha, and a regression of a single one is still found.
func TestManyGates(t *testing.T) {
	d := sequential.Data{Controls: []sequential.Series{repeated(64, 0.1)}}
	for range 100 {
		d.Gates = append(d.Gates, repeated(64, 0, 0.01))
	}
	d.Gates[7] = repeated(64, 0.2)
	got := sequential.Rule{Margin: 0.03, MustCatch: 0.1, Alpha: 0.002}.Judge(d)
	if got.Verdict != sequential.Regression {
		t.Errorf("Judge: verdict %v after %d starts, want a regression", got.Verdict, got.Screened+got.Confirming)
	}
}

// A decision made during a run stays, although the look at the end has all of the remaining alpha.
func TestDecisionsStay(t *testing.T) {
	r := sequential.Rule{Margin: 0.03, MustCatch: 0.1, Alpha: 0.4, Draws: 1024}
	passed := 0
	for i := range uint64(300) {
		r.Seed = i
		m := newMachine(i)
		m.start, m.pair = 0.02, 0.01
		d := sequential.Data{Gates: make([]sequential.Series, 1), Controls: make([]sequential.Series, 1)}
		for range sequential.StartsAtOnce {
			d.Gates[0] = append(d.Gates[0], m.begin(0.03, 3))
			d.Controls[0] = append(d.Controls[0], m.begin(0.1, 3))
		}
		if r.Judge(d).Verdict != sequential.Pass {
			continue
		}
		passed++
		d.Ended = true
		if got := r.Judge(d); got.Verdict != sequential.Pass {
			t.Errorf("seed %d: verdict %v at the end, want the pass of before", i, got.Verdict)
		}
	}
	if passed < 100 {
		t.Errorf("%d of 300 passed, want at least 100 for the test", passed)
	}
}

// repeated returns a series of starts that all have the same pairs.
func repeated(starts int, pairs ...float64) sequential.Series {
	s := make(sequential.Series, starts)
	for i := range s {
		s[i] = pairs
	}
	return s
}

func TestJudge(t *testing.T) {
	worse, equal := repeated(16, 0.2, 0.21), repeated(16, 0, 0.01)
	found, unclear := repeated(16, 0.1), slices.Repeat(sequential.Series{{-0.2}, {0.22}}, 8)
	twice := func(s sequential.Series) sequential.Series { return slices.Concat(s, s) }
	for name, test := range map[string]struct {
		data sequential.Data
		want sequential.Verdict
	}{
		"no data":        {sequential.Data{Gates: []sequential.Series{nil}}, sequential.Open},
		"no data, ended": {sequential.Data{Gates: []sequential.Series{nil}, Ended: true}, sequential.Inconclusive},
		"no gates":       {sequential.Data{Ended: true}, sequential.Inconclusive},
		"before the first look": {sequential.Data{Gates: []sequential.Series{equal[:7]},
			Controls: []sequential.Series{found[:7]}}, sequential.Open},
		"too few": {sequential.Data{Gates: []sequential.Series{worse[:6]},
			Controls: []sequential.Series{found[:6]}, Ended: true}, sequential.Inconclusive},
		"equal": {sequential.Data{Gates: []sequential.Series{equal}, Controls: []sequential.Series{found}},
			sequential.Pass},
		"equal, but the control is not found": {sequential.Data{Gates: []sequential.Series{equal},
			Controls: []sequential.Series{unclear}, Ended: true}, sequential.Inconclusive},
		"an alarm": {sequential.Data{Gates: []sequential.Series{worse[:8]}, Controls: []sequential.Series{found}},
			sequential.Open},
		"an alarm, ended": {sequential.Data{Gates: []sequential.Series{worse[:8]},
			Controls: []sequential.Series{found}, Ended: true}, sequential.Unconfirmed},
		"confirmed": {sequential.Data{Gates: []sequential.Series{twice(worse)},
			Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"confirmed, but no control is found": {sequential.Data{Gates: []sequential.Series{twice(worse)},
			Controls: []sequential.Series{twice(equal)}}, sequential.Regression},
		"one of two controls is found": {sequential.Data{Gates: []sequential.Series{equal},
			Controls: []sequential.Series{equal, found}}, sequential.Pass},
		"a secondary gate is not bounded": {sequential.Data{Gates: []sequential.Series{equal, unclear},
			Secondary: []bool{false, true}, Controls: []sequential.Series{found}}, sequential.Pass},
		"a primary gate is not bounded": {sequential.Data{Gates: []sequential.Series{equal, unclear},
			Secondary: []bool{true, false}, Controls: []sequential.Series{found}}, sequential.Open},
		"all gates are secondary": {sequential.Data{Gates: []sequential.Series{equal, unclear},
			Secondary: []bool{true, true}, Controls: []sequential.Series{found}}, sequential.Open},
		"a secondary gate alarms, and is confirmed": {sequential.Data{Gates: []sequential.Series{twice(equal), twice(worse)},
			Secondary: []bool{false, true}, Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"no alarm when the time to screen is over": {sequential.Data{Gates: []sequential.Series{unclear}, Screened: 15,
			Controls: []sequential.Series{found}}, sequential.Inconclusive},
		"an alarm when the time to screen is over": {sequential.Data{Gates: []sequential.Series{worse[:15]}, Screened: 15,
			Controls: []sequential.Series{found}}, sequential.Open},
		"confirmed after the time to screen": {sequential.Data{Gates: []sequential.Series{twice(worse)[:15+8]}, Screened: 15,
			Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"not confirmed": {sequential.Data{Gates: []sequential.Series{slices.Concat(worse, equal)},
			Controls: []sequential.Series{twice(found)}}, sequential.Pass},
		"a different gate is worse in the second part": {sequential.Data{Gates: []sequential.Series{
			slices.Concat(worse, equal[:8]), slices.Concat(equal, worse[:8])},
			Controls: []sequential.Series{twice(found)}, Ended: true}, sequential.Unconfirmed},
		"one of two": {sequential.Data{Gates: []sequential.Series{twice(equal), twice(worse)},
			Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"starts without a valid pair": {sequential.Data{Gates: []sequential.Series{
			append(repeated(4), equal[:12]...)}, Controls: []sequential.Series{found}}, sequential.Pass},
		"equal, with slack": {sequential.Data{Gates: []sequential.Series{equal}, Slack: []float64{0.1},
			Controls: []sequential.Series{found}, Ended: true}, sequential.Inconclusive},
		"worse by more than the slack": {sequential.Data{Gates: []sequential.Series{twice(worse)}, Slack: []float64{0.1},
			Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"within its own margin": {sequential.Data{Gates: []sequential.Series{twice(worse)}, Margins: []float64{0.3},
			Controls: []sequential.Series{twice(found)}}, sequential.Open},
		"above its own margin": {sequential.Data{Gates: []sequential.Series{twice(worse)}, Margins: []float64{0.09},
			Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"above the margin of one of two": {sequential.Data{Gates: []sequential.Series{twice(worse), twice(worse)},
			Margins: []float64{0.3, 0.03}, Controls: []sequential.Series{twice(found)}}, sequential.Regression},
		"no valid pair": {sequential.Data{Gates: []sequential.Series{repeated(64)},
			Controls: []sequential.Series{found}, Ended: true}, sequential.Inconclusive},
	} {
		if got := rule.Judge(test.data); got.Verdict != test.want {
			t.Errorf("%s: %+v, want verdict %v", name, got, test.want)
		}
	}
}

// Of two equal gates with different margins only the one that exceeds its margin is a regression.
func TestMargins(t *testing.T) {
	j := rule.Judge(sequential.Data{Gates: []sequential.Series{repeated(32, 0.2), repeated(32, 0.2)},
		Margins: []float64{0.3, 0.03}})
	if j.Gates[0].Regressed || !j.Gates[1].Regressed || j.Gates[0].P < 0.9 || j.Gates[1].P > 0.01 {
		t.Errorf("Judge = %+v, want the second gate alone to be a regression", j.Gates)
	}
}

func TestFinding(t *testing.T) {
	// Two starts, of one pair and of three, have these weights: the mean is (0.1 + 3 × 0.2) / 4 = 0.175. Its standard
	// error is √(((0.1 − 0.175)² + (3 × (0.2 − 0.175))²) × 2/1) / 4 = √(2 × 2 × 0.005625) / 4 = 0.0375.
	j := rule.Judge(sequential.Data{Gates: []sequential.Series{{{0.1}, {0.2, 0.2, 0.2}}}})
	got := j.Gates[0]
	if math.Abs(got.Estimate-0.175) > 1e-12 || math.Abs(got.Error-0.0375) > 1e-12 {
		t.Errorf("Judge = %+v, want an estimate of 0.175 ± 0.0375", got)
	}
	// Of the four possible signs of two values, one gives a sum at least as large.
	if math.Abs(got.P-0.25) > 0.03 {
		t.Errorf("P = %v, want 0.25", got.P)
	}
}
