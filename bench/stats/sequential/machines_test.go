package sequential_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats/sequential"
)

// A runner is a machine of a fleet: how noisy it is, and how many pairs it measures in a start and how many starts in
// its budget.
type runner struct {
	start, pair   float64 // standard deviations
	pairs, starts int
}

// fleet has machines of unlike speed and noise, as hosted runners have. A budget of a minute gives about as many
// starts.
var fleet = []runner{{0.005, 0.09, 12, 72}, {0.01, 0.14, 8, 56}, {0.003, 0.06, 16, 80}, {0.015, 0.2, 10, 64}}

// measure returns what the machines measure for changes of gates, and their numbers of starts. Each machine has an
// offset of its own on top of the change, of this standard deviation.
func measure(runners []runner, seed uint64, offset float64, changes ...float64) (d sequential.Data, starts []int) {
	d = sequential.Data{Gates: make([]sequential.Series, len(changes)), Controls: []sequential.Series{{}}, Ended: true}
	for i, r := range runners {
		m := &machine{rand.New(rand.NewPCG(seed, uint64(i))), r.start, r.pair}
		wrong := offset * m.NormFloat64()
		for range r.starts {
			for g, c := range changes {
				d.Gates[g] = append(d.Gates[g], m.begin(math.Expm1(math.Log1p(c)+wrong), r.pairs))
			}
			d.Controls[0] = append(d.Controls[0], m.begin(rule.MustCatch, r.pairs/2))
		}
		starts = append(starts, r.starts)
	}
	return d, starts
}

// perStart returns the machine of each start, given the number of starts of each machine.
func perStart(starts []int) (machines []int) {
	for machine, n := range starts {
		machines = append(machines, slices.Repeat([]int{machine}, n)...)
	}
	return machines
}

// ofFleet returns the rate of each verdict over this number of checks.
func ofFleet(r sequential.Rule, checks int, offset float64, changes ...float64) map[sequential.Verdict]float64 {
	rates := map[sequential.Verdict]float64{}
	for i := range checks {
		r.Seed = uint64(i)
		d, starts := measure(fleet, uint64(i), offset, changes...)
		rates[r.JudgeMachines(d, perStart(starts)).Verdict] += 1 / float64(checks)
	}
	return rates
}

// Four unlike machines find a change of 5% that one of them cannot bound, and alarm on no identical programs.
func TestFleet(t *testing.T) {
	const checks = 40
	for name, test := range map[string]struct {
		changes []float64
		want    sequential.Verdict
		atLeast float64
	}{
		"identical": {[]float64{0, 0, 0}, sequential.Pass, 0.97},
		"5% more":   {[]float64{0.05, 0.05, 0.05}, sequential.Regression, 0.9},
		"5% by one": {[]float64{0, 0.05, 0}, sequential.Regression, 0.85},
	} {
		if got := ofFleet(rule, checks, 0, test.changes...); got[test.want] < test.atLeast {
			t.Errorf("%s: verdict %v in %.2f of the checks, want %.2f: %v", name, test.want, got[test.want], test.atLeast, got)
		}
	}
}

// At the margin at most a share alpha of the checks alarm, and hardly any is confirmed on the other machines, also if
// the machines are noisy in their own ways.
func TestFleetAtTheMargin(t *testing.T) {
	r := rule
	r.Alpha, r.Draws = 0.1, 1024
	const checks = 400
	alarms, confirmed := 0, 0
	for i := range checks {
		r.Seed = uint64(i)
		d, starts := measure(fleet, uint64(i), 0, 0.03)
		j := r.JudgeMachines(d, perStart(starts))
		if j.Alarmed {
			alarms++
		}
		if j.Verdict == sequential.Regression {
			confirmed++
		}
	}
	if alarms > 56 || alarms < 24 { // 40 at 10%, ± 2.7 standard deviations
		t.Errorf("%d alarms in %d checks, want about 40", alarms, checks)
	}
	if confirmed > 12 { // 4 at 1%
		t.Errorf("%d regressions in %d checks, want about 4", confirmed, checks)
	}
}

// An alarm of a single machine is not confirmed by the others, and a single machine cannot confirm itself.
func TestAlarmOfOneMachine(t *testing.T) {
	worse, equal := repeated(32, 0.2, 0.21), repeated(32, 0, 0.01)
	found := repeated(64, 0.1)
	for name, test := range map[string]struct {
		gate   sequential.Series
		starts []int
		want   sequential.Verdict
	}{
		"both":       {slices.Concat(worse, worse), []int{32, 32}, sequential.Regression},
		"the first":  {slices.Concat(worse, equal), []int{32, 32}, sequential.Unconfirmed},
		"the second": {slices.Concat(equal, worse), []int{32, 32}, sequential.Inconclusive},
		"none":       {slices.Concat(equal, equal), []int{32, 32}, sequential.Pass},
		"alone":      {slices.Concat(worse, worse), []int{64}, sequential.Unconfirmed},
		"no starts":  {nil, []int{0, 0}, sequential.Inconclusive},
	} {
		d := sequential.Data{Gates: []sequential.Series{test.gate},
			Controls: []sequential.Series{found[:len(test.gate)]}, Ended: true}
		if got := rule.JudgeMachines(d, perStart(test.starts)); got.Verdict != test.want {
			t.Errorf("%s: %+v, want verdict %v", name, got, test.want)
		}
	}
}

// A machine with much noise counts little, although it has as many starts.
func TestNoisyMachineCountsLittle(t *testing.T) {
	noisy := slices.Repeat(sequential.Series{{-0.5}, {0.9}}, 16)
	d := sequential.Data{Gates: []sequential.Series{slices.Concat(repeated(32, 0.01), noisy)}, Ended: true}
	d.Gates[0][0] = []float64{0.012} // some noise
	if got := rule.JudgeMachines(d, perStart([]int{32, 32})).Gates[0].Estimate; math.Abs(got-0.01) > 0.005 {
		t.Errorf("the estimate is %.4f, want about 0.01, which the quiet machine measured", got)
	}
}
