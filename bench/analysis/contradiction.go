package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/bench/units"
)

// maxDecline is the largest ratio of the percentile at the decisive rate to the percentile at a higher rate. Apart from
// noise, response times rise with the rate.
const maxDecline = 1.5

// contradiction returns why the measurements do not determine the knee; "" if they do. The decisive rate is the lowest
// rate that did not meet the objective. Rates between it and the knee matter, too.
func (s *kneeState) contradiction(o *record.Objective) string {
	k := s.knee
	for _, p := range s.points {
		between := p.rate > k.Met() && (k.FailedRPS == nil || p.rate < *k.FailedRPS)
		if p.reason == causeTooFew && between {
			return fmt.Sprintf("too few requests at %s to compute %s", units.PlannedRate(p.rate), o.Name())
		}
	}
	if k.FailedRPS == nil {
		return ""
	}
	var decisive kneePoint
	for _, p := range s.points {
		switch {
		case p.rate < *k.FailedRPS:
		case p.rate == *k.FailedRPS:
			if decisive = p; p.disturbed {
				return fmt.Sprintf("most blocks at %s were disturbed", units.PlannedRate(p.rate))
			}
		case p.status == record.Met:
			return fmt.Sprintf("the objective was missed at %s but met at %s", units.PlannedRate(decisive.rate),
				units.PlannedRate(p.rate))
		case decisive.reason == causeResponse && p.value > 0 && float64(decisive.value) > maxDecline*float64(p.value):
			return fmt.Sprintf("%s was %s at %s but %s at %s", o.Name(), units.Duration(float64(decisive.value)),
				units.PlannedRate(decisive.rate), units.Duration(float64(p.value)), units.PlannedRate(p.rate))
		}
	}
	return ""
}
