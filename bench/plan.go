package bench

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Baseline is the model that the others are compared with: the one that keeps everything.
const Baseline = "persistent"

// A Cell is what blocks are visits to. Cells are comparable, and two that differ only in Model form a pair.
type Cell struct {
	Workload string `json:"workload"`
	Request  string `json:"request"`
	Model    string `json:"model"`
	Engine   string `json:"engine"`
	Load     Load   `json:"load"`
}

// String names a cell in a message: "guestbook/read, cgi, 8 clients, hey".
func (c Cell) String() string {
	return fmt.Sprintf("%s/%s, %s, %s, %s", c.Workload, c.Request, c.Model, c.Load, c.Engine)
}

// A Plan is everything that decides what a run does.
type Plan struct {
	Workloads []Description `json:"workloads"`
	Cells     []Cell        `json:"cells"`
	Rounds    int           `json:"rounds"`   // how often each cell is visited
	Groups    int           `json:"groups"`   // how often the targets are started; the rounds are dealt out to them
	BlockNS   int64         `json:"block_ns"` // how long a visit is
	AtLeast   int           `json:"at_least"` // and how many requests it has at the least
	Seed      uint64        `json:"seed"`     // of the orders of the rounds, and of everything else that is random
}

// Block returns how long a visit is.
func (p Plan) Block() time.Duration { return time.Duration(p.BlockNS) }

// Request finds a cell's request in the workload's description.
func (p Plan) Request(c Cell) (Request, error) {
	for _, w := range p.Workloads {
		if w.Name != c.Workload {
			continue
		}
		for _, r := range w.Requests {
			if r.Name == c.Request {
				return r, nil
			}
		}
	}
	return Request{}, fmt.Errorf("the plan has no request %s/%s", c.Workload, c.Request)
}

// rounds returns how many rounds the group has: they are dealt out evenly, earlier groups taking what is left over.
func (p Plan) rounds(group int) int {
	n := p.Rounds / p.Groups
	if group < p.Rounds%p.Groups {
		n++
	}
	return n
}

// order draws the order in which a round visits the cells. It depends on nothing but the seed and the round.
func (p Plan) order(round int) []int {
	return rand.New(rand.NewPCG(p.Seed, uint64(round))).Perm(len(p.Cells))
}

// visitSeed is the same for all cells of a round, so that both sides of a pair meet the same arrivals.
func (p Plan) visitSeed(round int) uint64 {
	return rand.New(rand.NewPCG(p.Seed, ^uint64(round))).Uint64()
}

// targets lists the distinct model × workload of the cells, in the order in which they first appear.
func (p Plan) targets() []targetName {
	var names []targetName
	seen := map[targetName]bool{}
	for _, c := range p.Cells {
		n := targetName{c.Workload, c.Model}
		if !seen[n] {
			seen[n] = true
			names = append(names, n)
		}
	}
	return names
}

type targetName struct{ workload, model string }
