package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Cell is what blocks are visits to. Cells are comparable, and two that differ only in Model form a pair.
type Cell struct {
	Workload string `json:"workload"`
	Request  string `json:"request"`
	Model    string `json:"model"` // or the name of a variant, or of a server that somebody else runs
	Engine   string `json:"engine"`
	Load     Load   `json:"load"`
}

// String names a cell in a message: "guestbook/read, cgi, 8 clients, hey".
func (c Cell) String() string {
	return fmt.Sprintf("%s/%s, %s, %s, %s", c.Workload, c.Request, c.Model, c.Load, c.Engine)
}

// A Plan is everything that decides what a run does.
type Plan struct {
	Workloads      []contract.Description `json:"workloads"`
	Cells          []Cell                 `json:"cells"`
	Strides        []int                  `json:"strides,omitempty"`         // of each cell: it is visited in every so-many-th round; absent means 1
	Rounds         int                    `json:"rounds"`                    // how many there are; 0 means as many as the budget allows
	BudgetNS       int64                  `json:"budget_ns"`                 // how long a run takes, if rounds are not counted, or a search
	Starts         int                    `json:"starts"`                    // starts of the targets; the rounds are dealt out to them
	FewestStarts   int                    `json:"min_starts,omitempty"`      // how many there may be if the budget is short; 0 means Starts
	Cold           bool                   `json:"cold,omitempty"`            // programs are started cold and warm, and no cell is visited
	WarmUpNS       int64                  `json:"warm_up_ns,omitempty"`      // how long a start of a target that stays is warmed at most; 0: not at all
	BlockNS        int64                  `json:"block_ns"`                  // how long a block is; 0 means as long as Length has it
	MinRequests    int                    `json:"min_requests"`              // and the fewest requests that it has
	Baseline       string                 `json:"baseline"`                  // the model that the others are compared with
	Variants       []subject.Variant      `json:"variants,omitempty"`        // in the place of models
	Floor          string                 `json:"floor,omitempty"`           // the workload that is the smallest program
	FloorMissing   string                 `json:"floor_missing,omitempty"`   // why it cannot be had, though it is wanted
	AllowDifferent bool                   `json:"allow_different,omitempty"` // the status of responses alone is compared
	IgnoreHeaders  []string               `json:"ignore_headers,omitempty"`  // names of those that are not compared
	CrossCheck     string                 `json:"cross_check,omitempty"`     // the engine of cells that only check those of the others
	Objective      *Objective             `json:"objective,omitempty"`       // what response times are held against
	Searched       bool                   `json:"searched,omitempty"`        // for the highest rate that meets it
	Check          *CheckSpec             `json:"check,omitempty"`           // what the run is to decide, if it is
	Suite          *SuiteInfo             `json:"suite,omitempty"`           // of what others wrote, if it is one
	Env            map[string]string      `json:"env,omitempty"`             // of programs, as the user says: hashes of the values
	Servers        []Server               `json:"servers,omitempty"`         // external ones, and those that a command starts
	Traps          []subject.Trap         `json:"traps,omitempty"`           // what was found while the run was prepared
	OtherClocks    []subject.OtherClock   `json:"other_clocks,omitempty"`    // servers whose stamps are by another clock
	Alternating    bool                   `json:"alternating,omitempty"`     // cells that differ only in model are visited at the same time, a request at a time
	Seed           uint64                 `json:"seed"`                      // of the orders of the rounds, and of everything else that is random
}

// A Server is one that forktax does not start by itself, or starts by a command.
type Server struct {
	Name    string `json:"name"` // which replaces a model
	URL     string `json:"url,omitempty"`
	Command string `json:"command,omitempty"`
}

// serversOf describes external servers.
func serversOf(external []subject.External) (servers []Server) {
	for _, f := range external {
		s := Server{Name: f.Name, Command: f.Command}
		if f.URL != nil {
			s.URL = f.URL.String()
		}
		servers = append(servers, s)
	}
	return servers
}

// SuiteInfo describes a run of servers and languages of others, whose names stand in the place of models.
type SuiteInfo struct {
	Name       string            `json:"name"`
	About      string            `json:"about"`
	Contenders []Contender       `json:"contenders"`
	Versions   map[string]string `json:"versions,omitempty"` // of servers and languages, as they say themselves
	LeftOut    []string          `json:"left_out,omitempty"` // what of it could not be had, and what would bring it
}

// A Contender is a way in which a suite has a workload answered.
type Contender struct {
	Workload string `json:"workload"`
	Name     string `json:"name"` // in the place of a model
	Title    string `json:"title"`
	Fresh    bool   `json:"process_per_request,omitempty"`
}

// Lengths of a block. The noise of a machine is slow, so short blocks that alternate cancel more of it than long ones;
// but several clients need time to fall out of step, and a plan of arrivals to hold some.
const (
	shortBlock     = 20 * time.Millisecond  // of one client in a closed loop
	longBlock      = 250 * time.Millisecond // of all others
	searchBlock    = time.Second            // at a rate that may be too high: a queue needs time to build
	floorDivisor   = 3                      // of a block of a check: that of the floor is so much shorter
	discardDivisor = 10                     // of a long block the first tenth counts for nothing: there the clients are in step
)

// Length returns how long a block of the cell is, and how much of its beginning counts for nothing.
func (p Plan) Length(c Cell) (length, discard time.Duration) {
	short := c.Load.Kind == Closed && c.Load.Concurrency == 1
	switch {
	case p.BlockNS > 0:
		length = time.Duration(p.BlockNS)
	case short:
		length = shortBlock
	case p.Searched:
		length = searchBlock
	default:
		length = longBlock
	}
	if p.Alternating && c.Workload == p.Floor { // on which nothing rests but what other days are held against
		length /= floorDivisor
	}
	if !short {
		discard = length / discardDivisor
	}
	return length, discard
}

// Duration is how long a block of the cell takes by its plan: arrivals that are few go on for longer than Length.
func (p Plan) Duration(c Cell) time.Duration {
	length, _ := p.Length(c)
	if c.Load.Kind == Open {
		length = max(length, time.Duration(float64(p.MinRequests)/c.Load.RateRPS*float64(time.Second)))
	}
	return length
}

// Mix is the request of a cell whose requests are drawn from all of the workload's, by their weights.
const Mix = "mix"

// Requests finds a cell's request in the workload's description: one, or all if the cell is of a mix.
func (p Plan) Requests(c Cell) ([]contract.Request, error) {
	for _, w := range p.Workloads {
		if w.Name != c.Workload {
			continue
		}
		for _, r := range w.Requests {
			if r.Name == c.Request {
				return []contract.Request{r}, nil
			}
		}
		if c.Request == Mix && len(w.Requests) > 0 {
			return slices.Clone(w.Requests), nil
		}
	}
	return nil, fmt.Errorf("the plan has no request %s/%s", c.Workload, c.Request)
}

// Order draws the order in which a round visits the cells whose turn it is. It depends on nothing but the seed and the
// round. Cells that are not visited in each round take turns, so that rounds are about equally long; those of a pair,
// and those of the cross-check, have theirs together.
func (p Plan) Order(round int) []int {
	all := rand.New(rand.NewPCG(p.Seed, uint64(round))).Perm(len(p.Cells))
	turns := p.Turns()
	return slices.DeleteFunc(all, func(cell int) bool { return (round+turns[cell])%p.Stride(cell) != 0 })
}

// Turns numbers the cells by what they have in common but for model and engine. The floor has its turn with the first
// request of its load, so that there are rounds in which it can be compared: to visit it with each of them would take
// as much of the time as a model.
func (p Plan) Turns() []int {
	numbers, first := map[Cell]int{}, map[Load]int{}
	turns := make([]int, len(p.Cells))
	for i, c := range p.Cells {
		c.Model, c.Engine = "", ""
		if turn, ok := first[c.Load]; ok && c.Workload == p.Floor {
			turns[i] = turn
			continue
		}
		if _, ok := numbers[c]; !ok {
			numbers[c] = len(numbers)
		}
		turns[i] = numbers[c]
		if _, ok := first[c.Load]; !ok {
			first[c.Load] = turns[i]
		}
	}
	return turns
}

// Together reports whether there are rounds in which both cells are visited, by their indexes.
func (p Plan) Together(a, b int) bool {
	turns := p.Turns()
	common, n := p.Stride(a), p.Stride(b) // its greatest common divisor
	for n > 0 {
		common, n = n, common%n
	}
	return (turns[a]-turns[b])%common == 0
}

// PairNumbers numbers the cells by what they have in common but for model. Cells with the same number are visited in
// the same rounds.
func (p Plan) PairNumbers() []int {
	numbers := map[Cell]int{}
	kin := make([]int, len(p.Cells))
	for i, c := range p.Cells {
		c.Model = ""
		if _, ok := numbers[c]; !ok {
			numbers[c] = len(numbers)
		}
		kin[i] = numbers[c]
	}
	return kin
}

// Stride says in which rounds the cell is visited.
func (p Plan) Stride(cell int) int {
	if cell < len(p.Strides) && p.Strides[cell] > 1 {
		return p.Strides[cell]
	}
	return 1
}

// BlockSeed is the same for all cells of a round, so that both sides of a pair meet the same arrivals. In a search,
// which has no rounds, it is that of a point and a try.
func (p Plan) BlockSeed(round int) uint64 {
	return rand.New(rand.NewPCG(p.Seed, ^uint64(round))).Uint64()
}

// RoundsBefore is how many rounds the first n starts have together. They are dealt out evenly, earlier starts taking
// what is left over.
func (p Plan) RoundsBefore(n int) int {
	return n*(p.Rounds/p.Starts) + min(n, p.Rounds%p.Starts)
}

// maxOverBudget is how many times its budget a run may take at most.
const maxOverBudget = 2

// MaxDuration is the longest that a run of the plan may take, unless the fewest starts of the targets take longer; 0 if
// its rounds are counted.
func (p Plan) MaxDuration() time.Duration {
	if p.Rounds > 0 {
		return 0
	}
	return maxOverBudget * time.Duration(p.BudgetNS)
}

// Curves lists for each workload, request and model the indices of its cells with a rate: the points of its curve of
// response time against rate. The plan has them in order of the rates.
func (p Plan) Curves() [][]int {
	index := map[Cell]int{}
	var curves [][]int
	for i, c := range p.Cells {
		if c.Load.Kind != Open {
			continue
		}
		c.Load, c.Engine = Load{}, ""
		at, ok := index[c]
		if !ok {
			at = len(curves)
			index[c] = at
			curves = append(curves, nil)
		}
		curves[at] = append(curves[at], i)
	}
	return curves
}

// Targets lists the distinct model × workload of the cells, in the order in which they first appear.
func (p Plan) Targets() []TargetName {
	var names []TargetName
	for _, c := range p.Cells {
		if n := (TargetName{c.Workload, c.Model}); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

type TargetName struct{ Workload, Model string }
