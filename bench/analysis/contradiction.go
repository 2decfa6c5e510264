package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/bench/units"
)

// contradictory is by how much the percentile at the rate that decides may exceed that at a higher one. Response times rise
// with the rate, but for noise.
const contradictory = 1.5

// contradiction says why what was seen does not decide where the knee is; "" if it does. What decides is the lowest rate that
// did not meet the objective, and what lies between it and the knee.
func (s *kneeState) contradiction(o *record.Objective) string {
	k := s.knee
	for _, p := range s.points {
		between := p.rate > k.Met() && (k.FailedRPS == nil || p.rate < *k.FailedRPS)
		if p.reason == causeTooFew && between {
			return fmt.Sprintf("at %s there were too few requests for its %s", units.PlannedRate(p.rate), o.Name())
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
				return fmt.Sprintf("most visits to %s were disturbed", units.PlannedRate(p.rate))
			}
		case p.status == record.Met:
			return fmt.Sprintf("it was missed at %s and met at %s", units.PlannedRate(decisive.rate), units.PlannedRate(p.rate))
		case decisive.reason == causeResponse && p.value > 0 && float64(decisive.value) > contradictory*float64(p.value):
			return fmt.Sprintf("its %s was %s at %s and %s at %s", o.Name(), units.Duration(float64(decisive.value)),
				units.PlannedRate(decisive.rate), units.Duration(float64(p.value)), units.PlannedRate(p.rate))
		}
	}
	return ""
}
