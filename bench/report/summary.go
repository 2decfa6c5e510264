package report

import (
	"fmt"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// meaning says what a model adds to the response time of a request, if anything is known of that.
func meaning(a *analysis.Analysis, c analysis.Cell) string {
	if a.Overloaded(c) {
		return fmt.Sprintf("%s was not compared with %s in response time, for requests came faster than they left", c.Model,
			a.Run.Baseline)
	}
	r := a.Comparison(c.Cell, analysis.MetricResponse)
	switch {
	case r == nil:
		return ""
	case r.DifferenceLow == nil:
		return fmt.Sprintf("%s differs from %s by %s in %s of blocks, too few to rely on", c.Model, r.Baseline,
			units.Duration(r.Difference), units.Plural(r.Blocks, "pair"))
	case r.Undecided():
		return fmt.Sprintf("no difference between %s and %s was found: %s", c.Model, r.Baseline,
			units.Difference(r.Difference, *r.DifferenceLow, *r.DifferenceHigh))
	case r.Difference < 0:
		return fmt.Sprintf("%s saves %s (%s to %s) of each request", c.Model, units.Duration(-r.Difference),
			units.Duration(-*r.DifferenceHigh), units.Duration(-*r.DifferenceLow))
	default:
		return fmt.Sprintf("%s adds %s%s to each request", c.Model, units.Duration(r.Difference),
			units.Interval(r.DifferenceLow, r.DifferenceHigh, units.Duration))
	}
}
