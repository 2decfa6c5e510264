package analysis

import (
	"math/bits"
	"slices"

	"forktax/bench/record"
)

// A Knee is the highest rate at which a model meets the objective, of those that were tried.
type Knee struct {
	Workload  string    `json:"workload"`
	Request   string    `json:"request"`
	Model     string    `json:"model"`
	Objective string    `json:"objective"`
	MetRPS    *float64  `json:"met_rps"`                 // the highest rate that met it, below FailedRPS; nil if none did
	FailedRPS *float64  `json:"failed_rps"`              // the lowest rate that did not; nil if all did
	AgainRPS  []float64 `json:"met_again_rps,omitempty"` // rates above it that met it all the same
	Untold    []float64 `json:"undecided_rps,omitempty"` // rates at which there were too few requests to tell
	Reason    string    `json:"reason"`                  // what gave out at the lowest rate that did not: see finding.go
	Detail    string    `json:"detail,omitempty"`        // the same in words
	Search    *Search   `json:"search,omitempty"`        // nil if the rates were given
}

// A Search says how far a search for a knee came.
type Search struct {
	Visits  int `json:"visits"`
	Missing int `json:"missing"` // visits that it would take more, at the least, to be settled
	Starts  int `json:"starts"`  // of the targets at which the rate, or a higher one, was met
}

// knees finds the knee of each workload, request and model from what was measured, before it is spoilt.
func knees(r *record.Result, measured []measurements) ([]Knee, error) {
	found := []Knee{}
	if r.Plan.Objective == nil {
		return found, nil
	}
	for _, curve := range wholeCurves(r.Plan) {
		first := r.Plan.Cells[curve[0]]
		k := Knee{Workload: first.Workload, Request: first.Request, Model: first.Model,
			Objective: r.Plan.Objective.String()}
		s := ascent{knee: &k, met: -1, failed: len(curve), starts: map[int]int{}}
		for point, cell := range curve {
			blocks := blocksOf(r, cell)
			if len(blocks) == 0 {
				continue
			}
			hear := s.pool
			if r.Plan.Searched {
				hear = s.hear
			}
			f, err := hear(r, point, measured[cell], blocks)
			if err != nil {
				return nil, err
			}
			s.take(point, r.Plan.Cells[cell].Load.RateRPS, f)
		}
		if s.visits > 0 {
			s.settle(r.Plan)
			found = append(found, k)
		}
	}
	return found, nil
}

// wholeCurves leaves out the floor, which nobody would serve, and the rungs of the ladder, which are visited at one
// rate only.
func wholeCurves(p record.Plan) [][]int {
	curves := p.Curves()
	points := map[[2]string]int{} // of a request's longest curve
	request := func(curve []int) [2]string {
		c := p.Cells[curve[0]]
		return [2]string{c.Workload, c.Request}
	}
	for _, curve := range curves {
		points[request(curve)] = max(points[request(curve)], len(curve))
	}
	return slices.DeleteFunc(curves, func(curve []int) bool {
		return p.Cells[curve[0]].Workload == p.Floor || len(curve) < points[request(curve)]
	})
}

// An ascent goes up a curve to its knee.
type ascent struct {
	knee        *Knee
	met, failed int         // points: those of the knee's rates
	starts      map[int]int // the highest point that was met at each start of the targets; of a search
	last        int         // start at which one was visited
	visits      int
}

// pool has all blocks at a rate say something together.
func (s *ascent) pool(r *record.Result, _ int, m measurements, blocks []record.Block) (finding, error) {
	s.visits += len(blocks)
	return m.hold(r, blocks)
}

// hear has each visit of a search say what it said then: a rate is met if it was at the latest start of the targets at
// which it was asked for, and missed at none.
func (s *ascent) hear(r *record.Result, point int, m measurements, blocks []record.Block) (finding, error) {
	s.visits += len(blocks)
	said, missed := finding{}, false
	for len(blocks) > 0 {
		n := 0 // visits of this start
		for n < len(blocks) && blocks[n].Group == blocks[0].Group {
			n++
		}
		f, err := hearStart(r, m, blocks[:n])
		if err != nil {
			return finding{}, err
		}
		if f.verdict == record.Met {
			s.starts[blocks[0].Group] = point
		}
		if !missed {
			said, missed = f, f.verdict == record.Missed || f.verdict == record.Failed
		}
		s.last = max(s.last, blocks[0].Group)
		blocks = blocks[n:]
	}
	return said, nil
}

// hearStart hears the visits to a rate at one start of the targets. Of one that was always disturbed it says by what,
// the last time.
func hearStart(r *record.Result, m measurements, visits []record.Block) (finding, error) {
	var said finding
	for i := range visits {
		f, err := m.hold(r, visits[i:i+1])
		if err != nil || f.verdict == record.Met || f.verdict == record.Failed {
			return f, err
		}
		if f.verdict == record.Missed || said.verdict != record.Missed {
			said = f
		}
	}
	return said, nil
}

// take takes a point, the next higher one that was visited, into the knee.
func (s *ascent) take(point int, rate float64, f finding) {
	switch k := s.knee; {
	case f.reason == gaveTooFew:
		k.Untold = append(k.Untold, rate)
	case f.verdict != record.Met && k.FailedRPS == nil:
		s.failed, k.FailedRPS, k.Reason, k.Detail = point, &rate, f.reason, f.detail
	case f.verdict == record.Met && k.FailedRPS == nil:
		s.met, k.MetRPS = point, &rate
	case f.verdict == record.Met:
		k.AgainRPS = append(k.AgainRPS, rate)
	}
}

// settle counts how far a search came, and how many visits are missing: to halve what lies between the two points, to
// go on to the last start of the targets, and to confirm at one start what was found at another.
func (s *ascent) settle(p record.Plan) {
	if !p.Searched {
		return
	}
	c := &Search{Visits: s.visits}
	s.knee.Search = c
	for _, point := range s.starts {
		if point >= s.met {
			c.Starts++
		}
	}
	between := s.failed - s.met - 1
	c.Missing = bits.Len(uint(between))
	if s.met < 0 {
		c.Starts = 0
	}
	if s.met >= 0 || between > 0 {
		c.Missing += max(p.Groups-1-s.last, min(p.Groups, 2)-c.Starts)
	}
}

// Latest says what the last visit of a run means for the run's objective.
func Latest(r *record.Result) (record.Verdict, error) {
	alone := *r
	alone.Blocks = r.Blocks[len(r.Blocks)-1:]
	m, err := judge(&alone, alone.Blocks[0].Cell, 0)
	if err != nil {
		return record.Unclear, err
	}
	f, err := m.hold(r, alone.Blocks)
	return f.verdict, err
}
