package merge

import (
	"forktax/bench/plan"
	"forktax/bench/record"
)

// CountsOf returns the check of the merged run of parts with these checks.
func CountsOf(checks ...plan.CheckSpec) plan.CheckSpec {
	var parts []*part
	for i, c := range checks {
		p := &part{Result: &record.Result{}}
		p.Plan.Check, p.Plan.Part = &c, &plan.Part{Number: i + 1, Of: len(checks)}
		parts = append(parts, p)
	}
	mergeCounts(parts)
	return *parts[0].Plan.Check
}
