package merge

import (
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// CountsOf returns the check of the merged run of parts with these checks.
func CountsOf(checks ...plan.CheckSpec) plan.CheckSpec {
	var parts []*part
	for i, c := range checks {
		p := &part{dir: "run", Result: &record.Result{}}
		p.starts = 1
		p.Plan.Check, p.Plan.Part = &c, &plan.Part{Number: i + 1, Of: len(checks)}
		parts = append(parts, p)
	}
	mergeCounts(parts)
	return *parts[0].Plan.Check
}

// partsOf returns parts with these results.
func partsOf(results ...record.Result) (parts []*part) {
	for i := range results {
		p := &part{dir: "run", Result: &results[i]}
		p.Plan.Part = &plan.Part{Number: i + 1, Of: len(results)}
		parts = append(parts, p)
	}
	return parts
}

// JudgeClocks returns by how much the clock of each part with these readings is behind that of the others, and the
// problems of each.
func JudgeClocks(whole plan.Plan, readings ...[]record.ClockOffset) (ahead []time.Duration, problems [][]string) {
	results := make([]record.Result, len(readings))
	for i, r := range readings {
		results[i].Clocks = r
	}
	parts := partsOf(results...)
	for _, p := range parts {
		p.readClock()
	}
	judgeClocks(parts, whole)
	for _, p := range parts {
		ahead, problems = append(ahead, p.ahead), append(problems, p.problems)
	}
	return ahead, problems
}

// SamePrograms is samePrograms for parts with these results.
func SamePrograms(results ...record.Result) error { return samePrograms(partsOf(results...)) }

// OtherClocks returns the plan of the merged run of parts with these results, as far as clocks of servers go.
func OtherClocks(results ...record.Result) (merged plan.Plan) {
	setOtherClocks(&merged, partsOf(results...))
	return merged
}
