package plan

import (
	"math"
	"slices"
)

// search turns the plan into one of a search. Budget and starts get the search's defaults unless they were given.
func (o *Options) search(p *Plan) {
	p.Searched = true
	// A tenth of the arrivals may fall into the discarded beginning of a visit. A fifth more, and 20, leave as many as the
	// percentile needs, with four standard deviations to spare.
	p.MinRequests = o.PercentileNeeds(p.Objective.Percentile)*6/5 + 20
	if !o.Explicit["budget"] {
		p.BudgetNS = 0
	}
	if !o.Explicit["starts"] {
		p.Starts = minStarts
	}
}

// Rates of a search in requests per second: each is 10% above the preceding one, rounded to two digits.
const (
	lowestRate  = 10
	highestRate = 100_000
	step        = 1.1
)

func curve() []float64 {
	var rates []float64
	for rate := float64(lowestRate); rate <= highestRate; rate *= step {
		unit := math.Pow10(int(math.Floor(math.Log10(rate))) - 1)
		rates = append(rates, math.Round(rate/unit)*unit)
	}
	return slices.Compact(rates)
}
