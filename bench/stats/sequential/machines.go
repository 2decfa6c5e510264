package sequential

import (
	"math"
	"slices"
)

// Screening returns the number of machines that raise alarms, given the numbers of all, from 0: the first half. The
// others confirm them. A single machine confirms nothing.
func Screening(machines []int) int {
	if len(machines) == 0 {
		return 0
	}
	return slices.Max(machines)/2 + 1
}

// JudgeMachines returns the judgement on a check that several machines measured, each for its whole budget and without
// looks. machines has the number of the machine of each start, from 0.
//
// The test is the same sign flip over starts, with the machines as strata: the starts of a machine are also weighted by
// the inverse of its noise, which is computed from their distances to the hypothesis, whatever their signs, so that the
// error rate stays exact. The first half of the machines raises an alarm, and the other half confirms it, so that a
// fault of a single machine is not reported as a regression. A pass uses the starts of all machines.
func (r Rule) JudgeMachines(d Data, machines []int) Judgement {
	half := Screening(machines)
	screens := func(machine int) bool { return machine < half }
	confirms := func(machine int) bool { return machine >= half }
	all := func(int) bool { return true }
	j := Judgement{}
	var first, second, whole []*flipTest
	var gates []int
	for i := range d.Gates {
		first = append(first, r.stratified(d, i, machines, screens))
		second = append(second, r.stratified(d, i, machines, confirms))
		whole = append(whole, r.stratified(d, i, machines, all))
		gates = append(gates, i)
	}
	for _, machine := range machines {
		if screens(machine) {
			j.Screened++
		} else {
			j.Confirming++
		}
	}
	share, confirmed := ofPass, []int(nil)
	if j.Suspects = r.holm(first, gates, nil, 0); j.Suspects != nil {
		var results []GateResult
		for _, t := range first {
			results = append(results, t.result(len(machines)))
		}
		j.Alarmed, share = true, ofSecondPass
		confirmed = r.holm(second, j.Suspects, r.confirmWeights(d, results, j.Suspects), 0)
	}
	passes := len(gates) > 0
	for i, t := range whole {
		t.passes = share * r.Alpha
		f := t.result(len(machines))
		f.Regressed, f.Bounded = slices.Contains(confirmed, i), t.bounded(0)
		j.Gates = append(j.Gates, f)
		passes = passes && (f.Bounded || !d.Decides(i))
	}
	j.Control, j.ShownBy = r.controlOf(d, machines)
	switch {
	case confirmed != nil:
		j.Verdict = Regression
	case passes && j.Control.Regressed:
		j.Verdict = Pass
	case j.Alarmed:
		j.Verdict = Unconfirmed
	default:
		j.Verdict = Inconclusive
	}
	return j
}

// stratified returns the test of a gate by the starts of some of the machines.
func (r Rule) stratified(d Data, gate int, machines []int, in func(machine int) bool) *flipTest {
	s := make(Series, len(machines))
	for i, start := range d.Gates[gate] {
		if in(machines[i]) {
			s[i] = start
		}
	}
	t := r.test(s, []look{{len(machines), 1, 1}})
	if d.Slack != nil {
		t.slack = d.Slack[gate]
	}
	if d.Margins != nil {
		t.margin = d.Margins[gate]
	}
	t.stratify(machines)
	return t
}

// controlOf returns the result of the control that was found, or else of the first one, and its index.
func (r Rule) controlOf(d Data, machines []int) (found GateResult, by int) {
	r.Margin = 0
	var tests controlTests
	for _, s := range d.Controls {
		t := r.test(s, []look{{len(machines), 1, 1}})
		t.stratify(machines)
		tests = append(tests, t)
	}
	return tests.result(0, len(machines))
}

// stratify makes the machines of the starts strata of the test.
func (t *flipTest) stratify(machines []int) {
	for _, start := range t.starts {
		t.machines = append(t.machines, machines[start])
	}
}

// leastNoise is the smallest variance of a machine, for metrics that do not vary.
const leastNoise = 1e-12

// weightsAt returns the weights of the starts in a test of this bound: their numbers of pairs, over the noise of their
// machine.
func (t *flipTest) weightsAt(bound float64) []float64 {
	if t.machines == nil {
		return t.weights
	}
	noise, n := map[int]float64{}, map[int]float64{}
	for i, e := range t.estimates {
		noise[t.machines[i]] += t.weights[i] * (e - bound) * (e - bound)
		n[t.machines[i]]++
	}
	weights := make([]float64, len(t.weights))
	for i, w := range t.weights {
		m := t.machines[i]
		weights[i] = w / math.Max(noise[m]/n[m], leastNoise)
	}
	return weights
}
