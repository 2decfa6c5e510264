package analysis

import (
	"math/bits"
	"slices"

	"forktax/bench/record"
)

// A Knee is the highest tried rate at which a model meets the objective. Rates are in requests per second.
type Knee struct {
	Workload   string    `json:"workload"`
	Request    string    `json:"request"`
	Model      string    `json:"model"`
	Objective  string    `json:"objective"`
	MetRPS     *float64  `json:"met_rps"`                 // highest rate below FailedRPS that met it; nil if none did
	FailedRPS  *float64  `json:"failed_rps"`              // lowest rate that did not meet it; nil if all did
	AgainRPS   []float64 `json:"met_again_rps,omitempty"` // rates above FailedRPS that met it
	UnclearRPS []float64 `json:"undecided_rps,omitempty"` // rates with too few requests to decide
	Reason     string    `json:"reason"`                  // cause at FailedRPS: see slo.go
	Detail     string    `json:"detail,omitempty"`        // Reason in words
	Undecided  string    `json:"undecided,omitempty"`     // why the knee is unreliable; "" if it is reliable
	Search     *Search   `json:"search,omitempty"`        // nil if the rates were given
}

// A Search is the progress of a search for a knee.
type Search struct {
	Blocks  int `json:"visits"`
	Missing int `json:"missing"` // the smallest number of further blocks to complete it
	Starts  int `json:"starts"`  // starts of the targets at which MetRPS or a higher rate was met
}

// knees returns the knee of each workload, request and model. Call it before propagateInvalid.
func knees(r *record.Result, measured []measurements) ([]Knee, error) {
	found := []Knee{}
	if r.Plan.Objective == nil {
		return found, nil
	}
	for _, curve := range kneeCurves(r.Plan) {
		first := r.Plan.Cells[curve[0]]
		k := Knee{Workload: first.Workload, Request: first.Request, Model: first.Model,
			Objective: r.Plan.Objective.String()}
		s := kneeState{knee: &k, met: -1, failed: len(curve), starts: map[int]int{}}
		for point, cell := range curve {
			blocks := blocksOf(r, cell)
			if len(blocks) == 0 {
				continue
			}
			eval := s.evalPooled
			if r.Plan.Searched {
				eval = s.evalStarts
			}
			f, err := eval(r, point, measured[cell], blocks)
			if err != nil {
				return nil, err
			}
			f.disturbed = f.reason == causeResponse && measured[cell].mostInvalid(blocks)
			s.add(point, r.Plan.Cells[cell].Load.RateRPS, f)
		}
		if s.blocks > 0 {
			s.finish(r.Plan)
			k.Undecided = s.contradiction(r.Plan.Objective)
			found = append(found, k)
		}
	}
	return found, nil
}

// mostInvalid reports whether the response times of most of the blocks are invalid.
func (m measurements) mostInvalid(blocks []record.Block) bool {
	n := 0
	for _, b := range blocks {
		if timesInvalid(m.rounds[b.Round].reasons) {
			n++
		}
	}
	return 2*n > len(blocks)
}

// kneeCurves returns the curves of the plan, without the floor, which is not a real application, and without
// intermediate models, which are measured at one rate only.
func kneeCurves(p record.Plan) [][]int {
	curves := p.Curves()
	points := map[[2]string]int{} // length of a request's longest curve
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

// A kneeState is the state of evaluating a curve from its lowest rate up.
type kneeState struct {
	knee        *Knee
	met, failed int         // indexes of the knee's rates in the curve
	starts      map[int]int // highest point that met the objective in a search, by start of the targets
	lastStart   int         // the last start with a block
	blocks      int
	points      []kneePoint
}

// A kneePoint is the result at a rate.
type kneePoint struct {
	sloResult
	rate float64
}

// evalPooled evaluates all blocks at a rate together.
func (s *kneeState) evalPooled(r *record.Result, _ int, m measurements, blocks []record.Block) (sloResult, error) {
	s.blocks += len(blocks)
	return m.evalSLO(r, blocks)
}

// evalStarts evaluates the blocks of a search as the search did: a rate meets the objective if it did so at the last
// start of the targets at which it was tried and missed it at no start.
func (s *kneeState) evalStarts(r *record.Result, point int, m measurements, blocks []record.Block) (sloResult, error) {
	s.blocks += len(blocks)
	result, missed := sloResult{}, false
	for len(blocks) > 0 {
		n := 0 // blocks of this start
		for n < len(blocks) && blocks[n].Start == blocks[0].Start {
			n++
		}
		f, err := evalStart(r, m, blocks[:n])
		if err != nil {
			return sloResult{}, err
		}
		if f.status == record.Met {
			s.starts[blocks[0].Start] = point
		}
		if !missed {
			result, missed = f, f.status == record.Missed || f.status == record.Failed
		}
		s.lastStart = max(s.lastStart, blocks[0].Start)
		blocks = blocks[n:]
	}
	return result, nil
}

// evalStart evaluates the blocks at a rate and a start of the targets. If all are invalid, it returns the last result.
func evalStart(r *record.Result, m measurements, blocks []record.Block) (sloResult, error) {
	var result sloResult
	for i := range blocks {
		f, err := m.evalSLO(r, blocks[i:i+1])
		if err != nil || f.status == record.Met || f.status == record.Failed {
			return f, err
		}
		if f.status == record.Missed || result.status != record.Missed {
			result = f
		}
	}
	return result, nil
}

// add adds the result of the next higher point to the knee.
func (s *kneeState) add(point int, rate float64, f sloResult) {
	s.points = append(s.points, kneePoint{f, rate})
	switch k := s.knee; {
	case f.reason == causeTooFew:
		k.UnclearRPS = append(k.UnclearRPS, rate)
	case f.status != record.Met && k.FailedRPS == nil:
		s.failed, k.FailedRPS, k.Reason, k.Detail = point, &rate, f.reason, f.detail
	case f.status == record.Met && k.FailedRPS == nil:
		s.met, k.MetRPS = point, &rate
	case f.status == record.Met:
		k.AgainRPS = append(k.AgainRPS, rate)
	}
}

// finish sets the progress of a search. Missing blocks are those to bisect the points between the knee's rates, to
// reach the last start of the targets, and to confirm the result of one start at another.
func (s *kneeState) finish(p record.Plan) {
	if !p.Searched {
		return
	}
	c := &Search{Blocks: s.blocks}
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
		c.Missing += max(p.Starts-1-s.lastStart, min(p.Starts, 2)-c.Starts)
	}
}

// LatestStatus evaluates the run's objective for its last block.
func LatestStatus(r *record.Result) (record.ObjectiveStatus, error) {
	alone := *r
	alone.Blocks = r.Blocks[len(r.Blocks)-1:]
	m, err := readCell(&alone, alone.Blocks[0].Cell, 0)
	if err != nil {
		return record.Unclear, err
	}
	f, err := m.evalSLO(r, alone.Blocks)
	return f.status, err
}
