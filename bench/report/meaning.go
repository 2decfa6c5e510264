package report

import "fmt"

// meaning says what a model adds to the response time of a request, if anything is known of that.
func (a *Analysis) meaning(c Cell) string {
	if a.overloaded(c) {
		return fmt.Sprintf("%s was not compared with %s in response time, for requests came faster than they left", c.Model,
			a.Run.Baseline)
	}
	r := a.comparison(c.Cell, MetricResponse)
	switch {
	case r == nil:
		return ""
	case r.DifferenceLow == nil:
		return fmt.Sprintf("%s differs from %s by %s in %s of blocks, too few to rely on", c.Model, r.Baseline,
			duration(r.Difference), several(r.Blocks, "pair"))
	case r.undecided():
		return fmt.Sprintf("no difference between %s and %s was found: %s", c.Model, r.Baseline,
			around(r.Difference, *r.DifferenceLow, *r.DifferenceHigh))
	case r.Difference < 0:
		return fmt.Sprintf("%s saves %s (%s to %s) of each request", c.Model, duration(-r.Difference),
			duration(-*r.DifferenceHigh), duration(-*r.DifferenceLow))
	default:
		return fmt.Sprintf("%s adds %s%s to each request", c.Model, duration(r.Difference),
			between(r.DifferenceLow, r.DifferenceHigh, duration))
	}
}

// undecided says whether there may well be no difference: by the ratio, or by the difference itself.
func (c Comparison) undecided() bool {
	return c.RatioLow != nil && *c.RatioLow <= 1 && 1 <= *c.RatioHigh ||
		c.DifferenceLow != nil && *c.DifferenceLow <= 0 && 0 <= *c.DifferenceHigh
}

// overloaded says whether the cell is compared with its twin, but not in response time, as one of the two is overloaded.
func (a *Analysis) overloaded(c Cell) bool {
	kept := a.twin(c)
	return a.comparison(c.Cell, MetricThroughput) != nil && kept != nil && (c.Overloaded || kept.Overloaded)
}
