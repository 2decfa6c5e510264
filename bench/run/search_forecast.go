package run

import "time"

// forecast returns the duration of a search in which no visit is repeated: Least and Total are the shortest and the
// longest duration over all rates that may turn out to be the knee.
func (s *search) forecast() Forecast {
	f := Forecast{Starts: s.Plan.Starts, Targets: len(s.Plan.Targets()),
		WarmUp: newSchedule(s.Plan, nil).warmUpLeft(s.Plan.Starts)}
	f.Least, f.Total = f.WarmUp, f.WarmUp
	for _, curve := range s.curves {
		var least, most time.Duration
		for highest := -1; highest < len(curve); highest++ {
			took := s.bisectTime(curve, -1, len(curve), highest)
			if highest >= 0 {
				took += time.Duration(s.Plan.Starts-1) * s.Plan.Duration(s.Plan.Cells[curve[highest]])
			}
			if highest < 0 {
				least = took
			}
			least, most = min(least, took), max(most, took)
		}
		f.Least, f.Total = f.Least+least, f.Total+most
	}
	if s.Plan.BudgetNS > 0 {
		f.Max = time.Duration(s.Plan.BudgetNS) + f.WarmUp
		f.Least, f.Total = min(f.Least, f.Max), min(f.Total, f.Max)
	}
	return f
}

// bisectTime returns the duration of the visits of a bisection between two points, if the curve holds up to highest.
func (s *search) bisectTime(curve []int, found, missed, highest int) (took time.Duration) {
	_, _ = bisect(found, missed, func(point int) (bool, error) { // never an error
		took += s.Plan.Duration(s.Plan.Cells[curve[point]])
		return point <= highest, nil
	})
	return took
}

// left returns the predicted remaining duration of the search, if each curve holds up to the middle of its open
// interval.
func (t *turn) left() (d time.Duration) {
	visitAt := func(n, point int) time.Duration { return t.Plan.Duration(t.Plan.Cells[t.curves[n][max(point, 0)]]) }
	for n, curve := range t.curves {
		middle := (t.found[n] + t.missed[n]) / 2
		if n == t.n || t.start == 0 {
			d += t.bisectTime(curve, t.found[n], t.missed[n], middle)
		}
		d += time.Duration(t.Plan.Starts-1-t.start) * visitAt(n, middle)
	}
	if t.Plan.BudgetNS > 0 {
		d = min(d, time.Duration(t.Plan.BudgetNS)-(t.clock().Sub(t.began)-t.warmed))
	}
	return max(d, 0)
}
