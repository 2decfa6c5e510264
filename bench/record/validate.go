package record

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"forktax/bench/plan"
)

// Limits on the numbers of a record, so that readers can use them as indexes and add them up.
const (
	maxCells  = 10_000
	maxStarts = 1_000_000
	maxNS     = 10 * 366 * 24 * 3600 * 1_000_000_000 // ten years
	maxCount  = 1 << 40
)

// A bound is a number of a record with its smallest and largest valid value.
type bound struct {
	name        string
	value       float64
	least, most float64
}

// validate returns an error for the first number out of its bounds, or NaN.
func validate(bounds []bound) error {
	for _, b := range bounds {
		if !(b.least <= b.value && b.value <= b.most) {
			return fmt.Errorf("%s is %g; must be from %g to %g", b.name, b.value, b.least, b.most)
		}
	}
	return nil
}

// validatePlan returns an error if a number of the plan is invalid.
func validatePlan(p plan.Plan) error {
	bounds := []bound{
		{"the number of cells", float64(len(p.Cells)), 0, maxCells},
		{"the number of strides", float64(len(p.Strides)), 0, float64(len(p.Cells))},
		{"rounds", float64(p.Rounds), 0, maxCount},
		{"budget_ns", float64(p.BudgetNS), 0, maxNS},
		{"starts", float64(p.Starts), 0, maxStarts},
		{"min_starts", float64(p.FewestStarts), 0, maxStarts},
		{"block_ns", float64(p.BlockNS), 0, maxNS},
		{"min_requests", float64(p.MinRequests), 0, maxCount},
		{"warm_up_ns", float64(p.WarmUpNS), 0, maxNS},
	}
	if p.Part != nil {
		bounds = append(bounds, bound{"the number of parts", float64(p.Part.Of), 1, plan.MaxParts},
			bound{"the number of the part", float64(p.Part.Number), 1, float64(p.Part.Of)})
	}
	for _, n := range p.Strides {
		bounds = append(bounds, bound{"a stride", float64(n), 0, maxCount})
	}
	if o := p.Objective; o != nil {
		bounds = append(bounds, bound{"the percentile of the objective", o.Percentile, math.SmallestNonzeroFloat64, 1},
			bound{"the limit of the objective", float64(o.LimitNS), 1, maxNS})
	}
	if err := validate(bounds); err != nil {
		return err
	}
	for i, c := range p.Cells {
		if err := ValidateLoad(c.Load); err != nil {
			return fmt.Errorf("cell %d: %w", i, err)
		}
	}
	if p.Check != nil {
		return validateCheck(p)
	}
	return nil
}

// ValidateLoad returns an error if a number of the load is invalid.
func ValidateLoad(l plan.Load) error {
	rate := bound{"rate_rps", l.RateRPS, 0, 0}
	if l.Kind == plan.Open {
		rate = bound{"rate_rps", l.RateRPS, plan.MinRate, 1e9}
	}
	return validate([]bound{rate,
		{"concurrency", float64(l.Concurrency), 0, maxCount}, {"timeout_ns", float64(l.TimeoutNS), 0, maxNS}})
}

// validateCheck returns an error if a number of the plan's check is invalid.
func validateCheck(p plan.Plan) error {
	c := p.Check
	if len(p.Workloads) == 0 || len(p.Cells) == 0 {
		return errors.New("a check has no workload or no cell")
	}
	bounds := []bound{{"margin", c.Margin, 0, 1e6}, {"must_catch", c.MustCatch, 0, 1e6}, {"alpha", c.Alpha, 1e-12, 0.5}}
	for _, metric := range slices.Sorted(maps.Keys(c.Margins)) {
		m := c.Margins[metric]
		bounds = append(bounds, bound{"the margin of " + metric, m.Share, 0, 1e6},
			bound{"the margin of " + metric, float64(m.Count), 0, maxCount})
	}
	if c.Stored != nil {
		for _, r := range c.Stored.Ratios {
			bounds = append(bounds, bound{"a stored ratio", r.Ratio, 1e-12, 1e12}, bound{"log_half_width", r.Slack, 0, 100})
		}
	}
	return validate(bounds)
}

// validateBlock returns an error if a number of the block is invalid. observed is the end of the preceding block's
// observations, in bytes.
func validateBlock(b Block, p plan.Plan, observed int64) error {
	if b.Cell < 0 || b.Cell >= len(p.Cells) {
		return fmt.Errorf("block of cell %d; the plan has %d cells", b.Cell, len(p.Cells))
	}
	if b.Start < 0 || b.Round < 0 || b.Start > maxStarts || b.Round > maxCount {
		return fmt.Errorf("block of start %d and round %d is out of range", b.Start, b.Round)
	}
	reading := int64(0)
	if b.ReadingNS != nil {
		reading = *b.ReadingNS
	}
	err := validate(append([]bound{
		{"start_ns", float64(b.BeganNS), 0, maxNS},
		{"length_ns", float64(b.LengthNS), 1, maxNS},
		{"discard_ns", float64(b.DiscardNS), 0, maxNS},
		{"idle_ns", float64(b.IdleNS), 0, maxNS},
		{"reading_cpu_ns", float64(reading), 0, maxNS},
		{"generator_cpu_ns", float64(b.GeneratorNS), 0, maxNS},
		{"collections", float64(b.Collections), 0, maxCount},
		{"cpu_s", b.Machine.CPUSeconds, -maxCount, maxCount},
		{"steal_s", b.Machine.StealSeconds, -maxCount, maxCount},
		{"listen_drops", b.Machine.ListenDrops, -maxCount, maxCount},
		{"syn_retransmits", b.Machine.SYNRetransmits, -maxCount, maxCount},
	}, append(b.GeneratorWait.bounds("generator_wait"), b.TargetWait.bounds("target_wait")...)...))
	if err != nil {
		return err
	}
	if s := b.Observations; s.Offset != observed || s.Bytes < 0 || s.Bytes > math.MaxInt64-observed {
		return fmt.Errorf("observations of %d bytes at byte %d; the preceding ones end at byte %d", s.Bytes,
			s.Offset, observed)
	}
	if most := b.Observations.Bytes / minBytes; b.Requests < 0 || int64(b.Requests) > most {
		return fmt.Errorf("block has %d requests; its %d bytes of observations can hold %d", b.Requests,
			b.Observations.Bytes, most)
	}
	for class, f := range b.Failures {
		if f == nil {
			return fmt.Errorf("the failures of class %q are missing", class)
		}
	}
	failed := 0
	for class, n := range b.Errors {
		if n < 0 || n > b.Requests-failed {
			return fmt.Errorf("invalid error counts: of %d requests, %d failed with %q and %d otherwise", b.Requests, n,
				class, failed)
		}
		failed += n
	}
	return validateParts(b)
}

// validateTail returns an error if a number of the tail is invalid.
func validateTail(t Tail) error {
	return validate([]bound{{"length_ns", float64(t.LengthNS), 0, maxNS}})
}
