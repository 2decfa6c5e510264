package bench

import "time"

// A schedule knows how far a run is, and deals its rounds out to the groups: by their number, or by the time.
type schedule struct {
	plan   Plan
	began  time.Time
	round  int // the next
	first  int // round of the group
	blocks int // done
}

// more says whether another round belongs to the group. By the time, a group has the same share of the budget as the
// others, the start of its targets included, and one round at the least.
func (s *schedule) more(group int) bool {
	if s.plan.Rounds > 0 {
		return s.round < s.plan.roundsBefore(group+1)
	}
	if s.round == s.first {
		return true
	}
	return time.Since(s.began) < time.Duration(s.plan.BudgetNS)*time.Duration(group+1)/time.Duration(s.plan.Groups)
}

// roundsBefore is how many rounds the first n groups have together. They are dealt out evenly, earlier groups taking
// what is left over.
func (p Plan) roundsBefore(n int) int {
	return n*(p.Rounds/p.Groups) + min(n, p.Rounds%p.Groups)
}

func (s *schedule) progress(group int, next Cell) Progress {
	took := time.Since(s.began)
	p := Progress{Done: s.blocks, Group: group, Cell: next}
	if s.plan.Rounds > 0 {
		p.Share = float64(s.round) / float64(s.plan.Rounds)
	} else {
		p.Share = min(float64(took)/float64(s.plan.BudgetNS), 1)
	}
	if p.Share > 0.02 { // before, a guess would jump about
		p.Left = time.Duration(float64(took) * (1 - p.Share) / p.Share)
	}
	return p
}
