package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Cell is a combination that is measured; a block is one visit to a cell. Two cells that differ only in Model form a
// pair. Cells are comparable with ==.
type Cell struct {
	Workload string `json:"workload"`
	Request  string `json:"request"`
	Model    string `json:"model"` // or the name of a variant or of an external server
	Engine   string `json:"engine"`
	Load     Load   `json:"load"`
}

// String returns the name of the cell for messages: "guestbook/read, cgi, 8 clients, hey".
func (c Cell) String() string {
	return fmt.Sprintf("%s, %s, %s, %s", subject.RequestName(c.Workload, c.Request), c.Model, c.Load, c.Engine)
}

// A Plan is everything that decides what a run does.
type Plan struct {
	Workloads      []contract.Description `json:"workloads"`
	Cells          []Cell                 `json:"cells"`
	Strides        []int                  `json:"strides,omitempty"`         // stride of each cell; none: all are 1
	Rounds         int                    `json:"rounds"`                    // 0: as many as the budget allows
	BudgetNS       int64                  `json:"budget_ns"`                 // duration of a search, or if Rounds is 0
	Starts         int                    `json:"starts"`                    // of the targets; share the rounds
	FewestStarts   int                    `json:"min_starts,omitempty"`      // if the budget is short; 0: Starts
	Cold           bool                   `json:"cold,omitempty"`            // measure cold and warm starts, no cells
	WarmUpNS       int64                  `json:"warm_up_ns,omitempty"`      // maximum for a resident target; 0: none
	BlockNS        int64                  `json:"block_ns"`                  // length of a block; 0: see Length
	MinRequests    int                    `json:"min_requests"`              // smallest number of requests of a block
	Baseline       string                 `json:"baseline"`                  // model that the others are compared with
	Variants       []subject.Variant      `json:"variants,omitempty"`        // variants, which replace models
	Floor          string                 `json:"floor,omitempty"`           // workload of the smallest program
	FloorMissing   string                 `json:"floor_missing,omitempty"`   // why a requested floor is missing
	AllowDifferent bool                   `json:"allow_different,omitempty"` // compare only the status of responses
	IgnoreHeaders  []string               `json:"ignore_headers,omitempty"`  // names of headers not compared
	CrossCheck     string                 `json:"cross_check,omitempty"`     // engine of the cells of the cross-check
	Objective      *Objective             `json:"objective,omitempty"`       // objective for response times; nil: none
	Searched       bool                   `json:"searched,omitempty"`        // find the highest rate that meets Objective
	Check          *CheckSpec             `json:"check,omitempty"`           // nil if the run is not a check
	Suite          *SuiteInfo             `json:"suite,omitempty"`           // nil if the run is not of a suite
	Limits         []string               `json:"limits,omitempty"`          // flags of limits for programs
	Env            map[string]string      `json:"env,omitempty"`             // set by the user; hashes of the values
	Servers        []Server               `json:"servers,omitempty"`         // external, or started by a command
	Traps          []subject.Trap         `json:"traps,omitempty"`           // traps found during preparation
	OtherClocks    []subject.OtherClock   `json:"other_clocks,omitempty"`    // servers that use another clock
	Alternating    bool                   `json:"alternating,omitempty"`     // paired cells alternate request by request
	Pin            map[string]string      `json:"pin,omitempty"`             // cores of the generator and targets, by name
	Part           *Part                  `json:"part,omitempty"`            // of a run in parts; nil: the whole run
	StartAt        time.Time              `json:"start_at,omitzero"`         // instant at which the parts begin
	Seed           uint64                 `json:"seed"`                      // seed of all random choices
}

// A Server is an external server, or a server that a command of the user starts.
type Server struct {
	Name    string `json:"name"` // used like the name of a model
	URL     string `json:"url,omitempty"`
	Command string `json:"command,omitempty"`
}

// serversOf returns the descriptions of external servers.
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

// SuiteInfo describes a suite: a run of third-party servers and languages, whose names are used like models.
type SuiteInfo struct {
	Name       string            `json:"name"`
	About      string            `json:"about"`
	Groups     map[string]string `json:"groups,omitempty"` // about the groups that the file describes
	Contenders []Contender       `json:"contenders"`
	Versions   map[string]string `json:"versions,omitempty"` // versions reported by servers and languages
	LeftOut    []string          `json:"left_out,omitempty"` // contenders that are missing, and how to install them
	Failed     []Lost            `json:"failed,omitempty"`   // contenders that failed before the measurement
}

// Lost reports whether a contender failed. Without its baseline, none of a workload has results.
func (s *SuiteInfo) Lost(c Cell, baseline string) bool {
	return s != nil && slices.ContainsFunc(s.Failed, func(l Lost) bool {
		return l.Workload == c.Workload && (l.Name == c.Model || l.Name == baseline || l.Name == "")
	})
}

// A Lost is a contender that cannot be measured, and why. Name is "" for all contenders of the workload.
type Lost struct {
	Workload string `json:"workload"`
	Name     string `json:"name,omitempty"`
	At       string `json:"at,omitempty"` // place in the file of the suite
	Why      string `json:"why"`
}

// String returns the failure with its place.
func (f Lost) String() string {
	text := f.Workload
	if f.Name != "" {
		text += ", " + f.Name
	}
	if f.At != "" {
		text = f.At + ": " + text
	}
	return text + ": " + f.Why
}

// A Contender is one of the implementations that a suite compares for a workload.
type Contender struct {
	Workload string `json:"workload"`
	Name     string `json:"name"` // used like the name of a model
	Title    string `json:"title"`
	Fresh    bool   `json:"process_per_request,omitempty"`
	Ahead    bool   `json:"process_ahead,omitempty"` // as Fresh, but the process is started before the request
	Host     string `json:"host,omitempty"`          // what starts its processes, if that is forktax or net/http/cgi
	Twin     string `json:"twin,omitempty"`          // contender that is the same program with a process for each request
	At       string `json:"at,omitempty"`            // place in the file of the suite
	// Limits replace those of the run.
	Limits map[string]string `json:"limits,omitempty"`
}

// Lengths of a block. The noise of a machine varies slowly, so alternating short blocks cancel more of it than long
// ones. But several clients need time to become unsynchronized, and a block at a rate needs enough arrivals.
const (
	shortBlock     = 20 * time.Millisecond  // one client in a closed loop
	longBlock      = 250 * time.Millisecond // all other loads
	searchBlock    = time.Second            // at a rate that may be too high: a queue needs time to grow
	floorDivisor   = 3                      // divides the length of the floor's blocks in a check
	discardDivisor = 10                     // discard the first tenth of a long block, as clients start synchronized
)

// Length returns the length of a block of the cell, and the length of its beginning that is discarded.
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
	if p.Alternating && c.Workload == p.Floor { // used only for comparisons with other runs
		length /= floorDivisor
	}
	if !short {
		discard = length / discardDivisor
	}
	return length, discard
}

// MinRequestsOf returns the number of requests with which a block of the cell continues after its planned length. In a
// closed loop, the first request of each client may be discarded.
func (p Plan) MinRequestsOf(c Cell) int {
	if _, discard := p.Length(c); discard > 0 && c.Load.Kind == Closed {
		return p.MinRequests + c.Load.Concurrency
	}
	return p.MinRequests
}

// Duration returns the planned duration of a block of the cell. At a low rate MinRequests arrivals take longer than
// Length.
func (p Plan) Duration(c Cell) time.Duration {
	length, _ := p.Length(c)
	if c.Load.Kind == Open {
		length = max(length, time.Duration(float64(p.MinRequests)/c.Load.RateRPS*float64(time.Second)))
	}
	return length
}

// Mix is the request name of a cell whose requests are drawn from all requests of the workload, by weight.
const Mix = "mix"

// Requests returns the cell's requests from the workload's description: one, or all if the cell is of a mix.
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
	return nil, fmt.Errorf("the plan has no request %s", subject.RequestName(c.Workload, c.Request))
}

// Order returns the random order in which a round visits the cells whose turn it is. It depends only on the seed and
// the round. Cells with strides take turns, so that rounds are about equally long. Cells of a pair, and of the
// cross-check, have the same turn.
func (p Plan) Order(round int) []int {
	all := rand.New(rand.NewPCG(p.Seed, uint64(round))).Perm(len(p.Cells))
	turns := p.Turns()
	return slices.DeleteFunc(all, func(cell int) bool { return (round+turns[cell])%p.Stride(cell) != 0 })
}

// Turns returns a number for each cell; cells that differ only in model and engine have the same number. The floor has
// the number of the first request with its load, so that both are visited in the same rounds. Visiting the floor with
// every request would take as much time as a model.
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

// Together reports whether the cells with indexes a and b are both visited in some round.
func (p Plan) Together(a, b int) bool {
	turns := p.Turns()
	common, n := p.Stride(a), p.Stride(b) // common becomes their greatest common divisor
	for n > 0 {
		common, n = n, common%n
	}
	return (turns[a]-turns[b])%common == 0
}

// PairNumbers returns a number for each cell; cells that differ only in model have the same number. They are visited in
// the same rounds.
func (p Plan) PairNumbers() []int {
	numbers := map[Cell]int{}
	pairs := make([]int, len(p.Cells))
	for i, c := range p.Cells {
		c.Model = ""
		if _, ok := numbers[c]; !ok {
			numbers[c] = len(numbers)
		}
		pairs[i] = numbers[c]
	}
	return pairs
}

// Stride returns n if the cell is visited in every n-th round.
func (p Plan) Stride(cell int) int {
	if cell < len(p.Strides) && p.Strides[cell] > 1 {
		return p.Strides[cell]
	}
	return 1
}

// BlockSeed returns the seed of the blocks of a round. It is the same for all cells, so that cells of a pair have the
// same arrivals. A search, which has no rounds, passes a number made of the point and the try.
func (p Plan) BlockSeed(round int) uint64 {
	return rand.New(rand.NewPCG(p.Seed, ^uint64(round))).Uint64()
}

// RoundsBefore returns the total number of rounds of the first n starts. Rounds are distributed evenly; the remainder
// goes to the earlier starts.
func (p Plan) RoundsBefore(n int) int {
	return n*(p.Rounds/p.Starts) + min(n, p.Rounds%p.Starts)
}

// maxOverBudget is the longest duration of a run as a multiple of its budget.
const maxOverBudget = 2

// MaxDuration returns the longest duration of a run, which it exceeds only if FewestStarts starts take longer. It is 0
// if the number of rounds is given.
func (p Plan) MaxDuration() time.Duration {
	if p.Rounds > 0 {
		return 0
	}
	return maxOverBudget * time.Duration(p.BudgetNS)
}

// Curves returns, for each workload, request and model, the indexes of its cells with a rate. They are the points of a
// curve of response time against rate, by increasing rate.
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

// Targets returns the distinct combinations of workload and model of the cells, in order of first appearance.
func (p Plan) Targets() []TargetName {
	var names []TargetName
	for _, c := range p.Cells {
		if n := (TargetName{c.Workload, c.Model}); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// A TargetName identifies a target: a workload served by a model.
type TargetName struct{ Workload, Model string }
