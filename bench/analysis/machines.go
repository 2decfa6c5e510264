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
	return checkRule(r.Plan).JudgeMachines(d, startsOfParts(r))
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
	starts, first := startsOfParts(r), 0
	for k, p := range r.Parts {
		m := Machine{Part: p.Number, CPU: p.Environment.CPU, Image: p.Environment.Image, Kernel: p.Environment.Kernel,
			Starts: starts[k]}
		same := slices.IndexFunc(r.Parts[:k], func(other record.PartRun) bool {
			return other.Environment.Boot != "" && other.Environment.Boot == p.Environment.Boot
		})
		if same >= 0 {
			m.SameAs = r.Parts[same].Number
		}
		if i >= 0 {
			series := all[first : first+starts[k]]
			rule := sequential.Rule{Alpha: 0.5, Draws: 1}
			if f := rule.JudgeMachines(sequential.Data{Gates: []sequential.Series{series}, Ended: true},
				[]int{starts[k]}).Gates[0]; !math.IsNaN(f.Error) {
				m.Noise, m.Change = new(f.Error*math.Sqrt(float64(starts[k]))), new(math.Expm1(f.Estimate))
			}
		}
		found, first = append(found, m), first+starts[k]
	}
	return found
}

// apart reports whether no machine that confirms an alarm is one of those that raise it, as far as that is known.
func apart(machines []Machine) bool {
	half := (len(machines) + 1) / 2
	return !slices.ContainsFunc(machines[half:], func(m Machine) bool {
		return slices.ContainsFunc(machines[:half], func(first Machine) bool { return first.Part == m.SameAs })
	})
}

// failsEverywhere reports whether requests of this name to the candidate failed in both halves of the machines.
func failsEverywhere(r *record.Result, request string) bool {
	half := 0
	for _, n := range startsOfParts(r)[:(len(r.Parts)+1)/2] {
		half += n
	}
	first, second := false, false
	for _, b := range r.Blocks {
		c := r.Plan.Cells[b.Cell]
		if c.Model != r.Plan.Check.Candidate || c.Request != request || b.Failed() == 0 {
			continue
		}
		first, second = first || b.Start < half, second || b.Start >= half
	}
	return first && second
}
