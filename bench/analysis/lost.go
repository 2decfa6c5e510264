package analysis

import (
	"slices"

	"forktax/bench/record"
)

// withoutLost returns the result without the blocks of contenders that were lost during the measurement, which are then
// among the failed ones of its suite. Without its baseline, a group has no results.
func withoutLost(r *record.Result) *record.Result {
	if len(r.Lost) == 0 || r.Plan.Suite == nil {
		return r
	}
	left, suite := *r, *r.Plan.Suite
	suite.Failed = slices.Concat(suite.Failed, r.Lost)
	left.Plan.Suite = &suite
	isLost := func(b record.Block) bool { return suite.Lost(r.Plan.Cells[b.Cell], r.Plan.Baseline) }
	left.WarmUps = slices.DeleteFunc(slices.Clone(r.WarmUps), func(w record.WarmUp) bool {
		return suite.Lost(record.Cell{Workload: w.Workload, Model: w.Model}, r.Plan.Baseline)
	})
	left.Responses = slices.DeleteFunc(slices.Clone(r.Responses), func(a record.Response) bool {
		return suite.Lost(record.Cell{Workload: a.Workload, Model: a.Model}, r.Plan.Baseline)
	})
	left.Blocks = slices.DeleteFunc(slices.Clone(r.Blocks), isLost)
	left.Discarded = slices.DeleteFunc(slices.Clone(r.Discarded), isLost)
	return &left
}

// lostWarnings returns a warning for each contender of a suite that failed.
func lostWarnings(r *record.Result) (found []Warning) {
	if r.Plan.Suite == nil {
		return nil
	}
	for _, l := range r.Plan.Suite.Failed {
		found = append(found, Warning{Code: Failed, Text: l.String(),
			Advice: "it has no results; the others are not affected"})
	}
	return found
}
