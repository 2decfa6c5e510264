package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// An Objective is what response times have to meet: of the visits at a rate, the percentile is at most the limit.
type Objective struct {
	Percentile float64 `json:"percentile"` // 0.99 for p99
	LimitNS    int64   `json:"limit_ns"`
}

// String says it in words: "p99 ≤ 50ms".
func (o Objective) String() string {
	return fmt.Sprintf("p%g ≤ %v", o.Percentile*100, time.Duration(o.LimitNS))
}

// confirmations is how many more visits a rate that was found must pass.
const confirmations = 2

// Search visits, in place of rounds, the cells of each target by halves, until it knows the highest rate at which the
// objective is met. The plan has them in order of their rates. Meets says whether the visit just made, the last in the
// record, meets it.
func (r *Runner) Search(ctx context.Context, meets func() (bool, error)) error {
	defer pauseCollector()()
	return r.onTargets(ctx, time.Now(), func(ctx context.Context, v *visitor) error {
		visits := 0
		ladders := r.Plan.ladders()
		for i, n := range rand.New(rand.NewPCG(r.Plan.Seed, 0)).Perm(len(ladders)) {
			err := climb(len(ladders[n]), func(rung int) (bool, error) {
				cell := ladders[n][rung]
				r.tell(Progress{Share: float64(i) / float64(len(ladders)), Done: visits, Cell: r.Plan.Cells[cell]})
				err := v.visit(ctx, 0, visits, cell)
				visits++
				switch {
				case errors.Is(err, errNoneRight): // at this rate; it is on record
					return false, nil
				case err != nil:
					return false, err
				}
				return meets()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ladders lists for each workload, request and model its cells, which the plan has in order of their rates.
func (p Plan) ladders() [][]int {
	index := map[Cell]int{}
	var ladders [][]int
	for i, c := range p.Cells {
		c.Load, c.Engine = Load{}, ""
		at, ok := index[c]
		if !ok {
			at = len(ladders)
			index[c] = at
			ladders = append(ladders, nil)
		}
		ladders[at] = append(ladders[at], i)
	}
	return ladders
}

// climb finds the highest of n rungs that holds: by halves, and then down from what was found until one holds again
// and again.
func climb(n int, probe func(rung int) (bool, error)) error {
	low, high := -1, n // the highest that held, the lowest that did not
	for high-low > 1 {
		middle := (low + high) / 2
		holds, err := probe(middle)
		if err != nil {
			return err
		}
		if holds {
			low = middle
		} else {
			high = middle
		}
	}
	for ; low >= 0; low-- {
		held := 0
		for held < confirmations {
			holds, err := probe(low)
			if err != nil {
				return err
			}
			if !holds {
				break
			}
			held++
		}
		if held == confirmations {
			return nil
		}
	}
	return nil
}
