package analysis

import (
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats/sequential"
)

// A Machine is one of the machines that measured a check in parts, and how noisy it was.
type Machine struct {
	Part   int    `json:"part"`
	CPU    string `json:"cpu"`
	Image  string `json:"image,omitempty"` // distribution, or image of a hosted runner
	Kernel string `json:"kernel"`
	Starts int    `json:"starts"`
	// SameAs is the number of the first part that ran on the same machine; 0 if there is none before.
	SameAs int `json:"same_as,omitempty"`
	// Noise and Change are those of the first gate of a response time or of CPU time: the standard deviation of a
	// start's estimate, and the change that this machine alone would have found. Both are shares; nil if unknown.
	Noise  *float64 `json:"noise"`
	Change *float64 `json:"change"`
}

// judge decides a check: with looks, or, if several machines measured it, by all of their starts.
func judge(r *record.Result, d sequential.Data) sequential.Judgement {
	if len(r.Parts) == 0 {
		return checkRule(r.Plan).Judge(d)
	}
	return checkRule(r.Plan).JudgeMachines(d, machinesOfStarts(r))
}

// machinesOfParts returns the number of the machine of each part; -1 of a part without starts, which has no machine.
func machinesOfParts(r *record.Result) []int {
	var all []record.Environment
	var measured []bool
	for i, n := range startsOfParts(r) {
		all, measured = append(all, r.Parts[i].Environment), append(measured, n > 0)
	}
	return record.Machines(all, measured)
}

// machinesOfStarts returns the number of the machine of each start.
func machinesOfStarts(r *record.Result) (machines []int) {
	of := machinesOfParts(r)
	for i, n := range startsOfParts(r) {
		machines = append(machines, slices.Repeat([]int{of[i]}, n)...)
	}
	return machines
}

// startsOfParts returns the number of starts of each part of a merged check.
func startsOfParts(r *record.Result) (starts []int) {
	left := startsOf(r.Blocks)
	for i, p := range r.Parts {
		n := min(p.Starts, left)
		if i == len(r.Parts)-1 {
			n = left
		}
		starts, left = append(starts, n), left-n
	}
	return starts
}

// machinesOf returns the machines of a check in parts, by their starts in a gate.
func machinesOf(r *record.Result, gates []measuredGate) (found []Machine) {
	if len(r.Parts) == 0 {
		return nil
	}
	i := slices.IndexFunc(gates, func(g measuredGate) bool { return g.metric == MetricResponse })
	if i < 0 {
		i = slices.IndexFunc(gates, func(g measuredGate) bool { return g.metric == MetricCPU })
	}
	var all sequential.Series
	if i >= 0 {
		all = gates[i].pairs.series(gates[i].metric, startsOf(r.Blocks))
	}
	starts, machines, first := startsOfParts(r), machinesOfParts(r), 0
	for k, p := range r.Parts {
		if machines[k] < 0 {
			continue
		}
		m := Machine{Part: p.Number, CPU: p.Environment.CPU, Image: p.Environment.Image, Kernel: p.Environment.Kernel,
			Starts: starts[k]}
		if same := slices.Index(machines, machines[k]); same < k {
			m.SameAs = r.Parts[same].Number
		}
		if i >= 0 {
			series := all[first : first+starts[k]]
			rule := sequential.Rule{Alpha: 0.5, Draws: 1}
			if f := rule.JudgeMachines(sequential.Data{Gates: []sequential.Series{series}, Ended: true},
				make([]int, starts[k])).Gates[0]; !math.IsNaN(f.Error) {
				m.Noise, m.Change = new(f.Error*math.Sqrt(float64(starts[k]))), new(math.Expm1(f.Estimate))
			}
		}
		found, first = append(found, m), first+starts[k]
	}
	return found
}

// onOneMachine reports whether all parts of a check ran on one machine.
func onOneMachine(machines []Machine) bool {
	return len(machines) > 1 && !slices.ContainsFunc(machines[1:], func(m Machine) bool { return m.SameAs == 0 })
}

// failsEverywhere reports whether requests of this name to the candidate failed in both halves of the machines.
func failsEverywhere(r *record.Result, request string) bool {
	machines := machinesOfStarts(r)
	half := sequential.Screening(machines)
	first, second := false, false
	for _, b := range r.Blocks {
		c := r.Plan.Cells[b.Cell]
		if c.Model != r.Plan.Check.Candidate || c.Request != request || b.Failed() == 0 || b.Start >= len(machines) {
			continue
		}
		screens := machines[b.Start] < half
		first, second = first || screens, second || !screens
	}
	return first && second
}
