package analysis

import "forktax/bench/record"

// confidence is the confidence level of all intervals.
const confidence = 0.95

// Analyze computes the results of a recorded run. It fails only if the record cannot be read.
func Analyze(r *record.Result) (*Analysis, error) {
	r, shared := splitShared(withoutUsage(withoutLost(r)))
	a := &Analysis{
		Schema: record.Schema,
		Run: Run{ID: r.ID, Started: r.Started, Seconds: float64(r.Tail.LengthNS) / 1e9, Seed: r.Plan.Seed,
			Complete: r.Tail.Complete, Condition: r.Tail.Condition, Version: r.Version,
			Baseline: r.Plan.Baseline, Variants: r.Plan.Variants, Hosts: r.Hosts, Floor: r.Plan.Floor,
			CrossCheckEngine: r.Plan.CrossCheck, Rounds: r.Plan.Rounds,
			Blocks: &BlockRule{r.Plan.BlockNS, r.Plan.MinRequests, r.Plan.Alternating},
			Suite:  r.Plan.Suite, Servers: r.Plan.Servers,
			Parts: r.Parts, Pin: r.Plan.Pin, Env: r.Plan.Env, IgnoreHeaders: append([]string{}, r.Plan.IgnoreHeaders...)},
		Environment: r.Environment,
		Responses:   responses(r),
		Cells:       []Cell{},
		Comparisons: []Comparison{},
		Warnings:    []Warning{},
	}
	if r.Plan.Check != nil {
		a.Run.Control = r.Plan.Check.Control
	}
	if steal := sumSteal(r.Blocks); steal.CPUSeconds > 0 {
		a.Run.StealShare = new(steal.share())
	}
	a.Run.Starts = distinctStarts(r.Blocks)
	if r.Tail == (record.Tail{}) {
		a.Run.Condition = "the harness was killed"
		if n := len(r.Blocks); n > 0 {
			a.Run.Seconds = float64(r.Blocks[n-1].BeganNS+r.Blocks[n-1].LengthNS) / 1e9
		}
	}
	if r.Plan.Cold {
		a.coldOnly(r)
		return a, nil
	}
	measured, err := measure(r)
	if err != nil {
		return nil, err
	}
	if a.Knees, err = knees(r, measured); err != nil {
		return nil, err
	}
	propagateInvalid(r.Plan.Cells, measured)
	for i := range r.Plan.Cells {
		if measured[i].blocks == 0 {
			continue
		}
		cell := measured[i].cell(r, i)
		cell.setWaits(r, i, measured[i])
		if r.Plan.Stays(cell.Model) && !r.Plan.Searched && cell.Workload != r.Plan.Floor {
			cell.Starts = startClasses(cell.Samples)
		}
		a.Cells = append(a.Cells, cell)
	}
	a.Comparisons = compare(r.Plan, measured)
	a.ReuseLevels = reuseLevels(r.Plan, measured)
	a.WarmUps, a.StartUps = warmUps(r), startUps(r, a.OwnCells())
	a.Decisions = decisions(a)
	a.Recycling = recyclings(a)
	if a.Sharing, err = sharings(shared, measured); err != nil {
		return nil, err
	}
	a.CrossChecks = crossChecks(r.Plan, a.Cells, measured)
	a.Warnings = append(a.Warnings, traps(r)...)
	a.Warnings = append(warnings(r, measured, a), searchWarnings(r, a.Knees)...)
	if r.Plan.Check != nil {
		a.Check = evaluateCheck(r, measured, a)
	}
	return a, nil
}
