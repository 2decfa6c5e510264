package report

import (
	"fmt"

	"forktax/bench"
	"forktax/bench/stats"
)

// A Knee is the highest rate at which a model meets the objective, of those that were tried.
type Knee struct {
	Workload  string    `json:"workload"`
	Request   string    `json:"request"`
	Model     string    `json:"model"`
	Objective string    `json:"objective"`
	MetRPS    *float64  `json:"met_rps"`              // the highest rate that met it, below the lowest that did not; nil if none did
	FailedRPS *float64  `json:"failed_rps"`           // the lowest rate that did not; nil if all did
	Untold    []float64 `json:"untold_rps,omitempty"` // rates at which there were too few requests to tell
	Reason    string    `json:"reason"`               // why it did not: response times, errors, or a generator that was too slow
}

// knees finds the knee of each workload, request and model from its cells, which are in order of their rates.
func knees(plan bench.Plan, cells []Cell) []Knee {
	found := []Knee{}
	if plan.Objective == nil {
		return found
	}
	index := map[bench.Cell]int{}
	for _, c := range cells {
		if c.Load.Kind != bench.Open || c.Blocks == 0 {
			continue
		}
		key := bench.Cell{Workload: c.Workload, Request: c.Request, Model: c.Model}
		i, ok := index[key]
		if !ok {
			i = len(found)
			index[key] = i
			found = append(found, Knee{Workload: c.Workload, Request: c.Request, Model: c.Model,
				Objective: plan.Objective.String()})
		}
		k := &found[i]
		switch {
		case c.untold(*plan.Objective):
			k.Untold = append(k.Untold, c.Load.RateRPS)
		case !c.meets(*plan.Objective) && k.FailedRPS == nil:
			k.FailedRPS, k.Reason = new(c.Load.RateRPS), c.failing()
		case k.FailedRPS == nil:
			k.MetRPS = new(c.Load.RateRPS)
		}
	}
	return found
}

// Counts for not meeting an objective.
const (
	slowServer    = "response times"
	failingServer = "errors"
	slowGenerator = "generator"
)

// failing says why a cell does not meet its objective.
func (c Cell) failing() string {
	switch {
	case c.Errors > 0:
		return failingServer
	case c.Response.Max == nil: // no block of it is sound
		return slowGenerator
	default:
		return slowServer
	}
}

// untold says whether the cell has too few requests for the objective's percentile.
func (c Cell) untold(o bench.Objective) bool {
	return c.Errors == 0 && c.Response.Max != nil && c.atPercentile(o.Percentile) == nil
}

// meets says whether all requests got right answers and the percentile of their response times is within the limit.
func (c Cell) meets(o bench.Objective) bool {
	if c.Errors > 0 || c.Histogram == nil {
		return false
	}
	v := c.atPercentile(o.Percentile)
	return v != nil && *v <= o.LimitNS
}

// atPercentile returns an exact percentile that is at hand, or that of the histogram, which is off by a thousandth.
func (c Cell) atPercentile(p float64) *int64 {
	switch p {
	case 0.5:
		return c.Response.P50
	case 0.9:
		return c.Response.P90
	case 0.99:
		return c.Response.P99
	case 0.999:
		return c.Response.P999
	}
	if int(c.Histogram.TotalCount()) < stats.PercentileNeeds(p) {
		return nil
	}
	return new(c.Histogram.ValueAtPercentile(p * 100))
}

// Latest says what the last visit of a run means for the run's objective.
func Latest(r *bench.Result) (bench.Verdict, error) {
	last := len(r.Blocks) - 1
	alone := *r
	alone.Blocks = r.Blocks[last:]
	m, err := judge(&alone, r.Blocks[last].Cell, nil, 0)
	if err != nil {
		return bench.Unclear, err
	}
	c, err := m.cell(&alone, r.Blocks[last].Cell)
	if err != nil {
		return bench.Unclear, err
	}
	switch o := *r.Plan.Objective; {
	case c.Errors > 0:
		return bench.Failed, nil
	case c.Response.Max == nil || c.untold(o):
		return bench.Unclear, nil
	case c.meets(o):
		return bench.Met, nil
	default:
		return bench.Missed, nil
	}
}

// words says what the knees of a request mean.
func words(found []Knee) []string {
	var lines []string
	for _, k := range found {
		line := fmt.Sprintf("%s: %s meets %s ", subject(k.Workload, k.Request), k.Model, k.Objective)
		switch {
		case k.MetRPS == nil && k.FailedRPS == nil:
			line = fmt.Sprintf("%s: too few requests to tell whether %s meets %s: a longer --budget is needed",
				subject(k.Workload, k.Request), k.Model, k.Objective)
		case k.MetRPS == nil:
			line += fmt.Sprintf("at no rate that was tried; the lowest was %s", rate(*k.FailedRPS))
		case k.FailedRPS == nil:
			line += fmt.Sprintf("at every rate that was tried, up to %s", rate(*k.MetRPS))
		default:
			line += fmt.Sprintf("up to %s, and no longer at %s", rate(*k.MetRPS), rate(*k.FailedRPS))
		}
		switch k.Reason {
		case slowGenerator:
			line += ", where the generator could not keep up: it may well go on to meet it"
		case failingServer:
			line += ", where requests failed"
		}
		lines = append(lines, line+".")
	}
	return lines
}
