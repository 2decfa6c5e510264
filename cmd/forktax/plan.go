package main

import (
	"math"
	"slices"
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// foreignWorkload is what servers serve that are measured by their URL alone.
var foreignWorkload = contract.Description{
	Name:     subject.ExternalWorkload,
	About:    "what servers answer that somebody else runs",
	Requests: []contract.Request{{Name: "get", Method: "GET"}}, // the path is in the URL
}

// plan makes the plan of a run from what the programs say of themselves.
func (o *options) plan(programs []subject.Program, foreign []subject.Foreign, floor floor) (plan.Plan, error) {
	p := plan.Plan{Rounds: o.Rounds, BudgetNS: int64(o.Budget), Groups: o.Groups, BlockNS: int64(o.Block),
		AtLeast: fewestSent, Seed: o.Seed, AllowDifferent: o.Different}
	if secure := slices.IndexFunc(foreign, subject.Foreign.Secure); secure != whole && !o.has("engine") {
		o.Engine = refereeEngine // the only one that speaks TLS; the report says so
		if len(o.Rates) > 0 || o.FindKnee {
			return plan.Plan{}, mistakenAt("target", secure, "by https can be measured in closed loops only: leave out "+
				"--rate and --find-knee")
		}
	}
	if o.Rounds > 0 {
		p.BudgetNS, p.Rounds = 0, max(o.Rounds, o.Groups)
	}
	var models []string
	for _, c := range o.conditions() {
		models = append(models, c.Name)
	}
	if len(programs) == 0 {
		models = nil
		p.Workloads = []contract.Description{foreignWorkload}
	}
	for i, f := range foreign {
		if slices.Contains(models, f.Name) || f.Name == floorWorkload { // by which comparisons call it
			return plan.Plan{}, mistakenAt("target", i, "%q: the name is taken; give it another", f.Name)
		}
		models = append(models, f.Name)
	}
	models, err := o.ordered(models)
	if err != nil {
		return plan.Plan{}, err
	}
	p.Baseline, p.Variants = o.baseline(models), o.Variants
	for i, program := range programs {
		if err := o.knows(program); err != nil {
			return plan.Plan{}, err
		}
		if slices.ContainsFunc(p.Workloads, func(d contract.Description) bool { return d.Name == program.Name }) {
			return plan.Plan{}, mistakenAt("workload", o.wished(o.names()[i]), "%s: another program calls itself %q, too",
				program.Path, program.Name)
		}
		p.Workloads = append(p.Workloads, program.Description)
	}
	requests, err := o.requests(programs, p.Workloads)
	if err != nil {
		return plan.Plan{}, err
	}
	for _, r := range requests {
		p.Cells = append(p.Cells, o.withRungs(o.cells(r, models), programs)...)
	}
	p.Objective, err = o.objective()
	if o.FindKnee && err == nil {
		o.search(&p)
		return p, nil
	}
	if p.NoFloor = floor.why; floor.Program != nil {
		p.Floor = floor.Name
		p.Workloads = append(p.Workloads, floor.Description)
		p.Cells = append(p.Cells, o.cells(wish{floor.Name, floor.Requests[0].Name}, []string{floorModel})...)
	}
	p.FewestGroups = o.fewestGroups()
	o.often(&p)
	o.appoint(&p)
	return p, err
}

// fewestGroups is how many starts of the targets a short budget may have; 0 if their number was given.
func (o *options) fewestGroups() int {
	if o.has("groups") || o.Rounds > 0 {
		return 0
	}
	return fewestGroups
}

// ordered has the baseline that somebody named go before the others.
func (o *options) ordered(models []string) ([]string, error) {
	switch at := slices.Index(models, o.Baseline); {
	case o.Baseline == "":
		return models, nil
	case at < 0:
		return nil, mistaken("baseline", "%q is not measured; there are %s", o.Baseline, strings.Join(models, ", "))
	default:
		return slices.Concat(models[at:at+1], models[:at], models[at+1:]), nil
	}
}

// baseline is what somebody named, which is the first then, and else persistent, if it is among the models. Of variants
// it is the first, whatever they are called.
func (o *options) baseline(models []string) string {
	if o.Baseline == "" && len(o.Variants) == 0 && slices.Contains(models, plan.Baseline) {
		return plan.Baseline
	}
	return models[0]
}

// requests lists the workloads' requests that are wished for, by workload and name.
func (o *options) requests(programs []subject.Program, workloads []contract.Description) ([]wish, error) {
	if len(programs) == 0 {
		return []wish{{workloads[0].Name, workloads[0].Requests[0].Name}}, nil
	}
	names := o.names()
	var found []wish
	for i, w := range o.wishes() {
		p := programs[slices.Index(names, w.program)]
		var known []string
		matched := false
		for _, r := range p.Requests {
			known = append(known, r.Name)
			if one := (wish{p.Name, r.Name}); (w.request == "" || w.request == r.Name) && !slices.Contains(found, one) {
				found = append(found, one)
			}
			matched = matched || w.request == "" || w.request == r.Name
		}
		if !matched {
			return nil, mistakenAt("workload", i, "%s has no request %q; it has %s", p.Name, w.request,
				strings.Join(known, ", "))
		}
	}
	return found, nil
}

// cells is the product of a request with the loads and the models, in the order in which they are to be read. Rates
// alone mean no closed loops.
func (o *options) cells(r wish, models []string) []plan.Cell {
	var loads []plan.Load
	if o.FindKnee {
		for _, rate := range curve() {
			loads = append(loads, o.open(rate))
		}
		return product(r, o.Engine, loads, models)
	}
	if len(o.Rates) == 0 || o.has("clients") {
		for _, clients := range o.Clients {
			loads = append(loads, plan.Load{Kind: plan.Closed, Concurrency: clients, NoReuse: o.Fresh})
		}
	}
	for _, rate := range slices.Sorted(slices.Values(o.Rates)) { // a knee is looked for upwards
		loads = append(loads, o.open(rate))
	}
	return product(r, o.Engine, loads, models)
}

// betweens are the rungs of the ladder that keep neither everything nor nothing.
var betweens = plan.Rungs[1 : len(plan.Rungs)-1]

// between says whether a model is measured only for the ladder.
func (o *options) between(model string) bool {
	return !o.has("model") && slices.ContainsFunc(betweens, func(r plan.Rung) bool { return r.Model == model })
}

// withRungs adds, at the first load of a request if that is a closed loop, the models between the two that keep everything
// and nothing, unless somebody has said which models there are to be.
func (o *options) withRungs(cells []plan.Cell, programs []subject.Program) []plan.Cell {
	first := cells[0]
	if !o.Ladder || first.Load.Kind != plan.Closed || o.has("model") || len(o.Variants) > 0 {
		return cells
	}
	var between []plan.Cell
	for _, p := range programs {
		for _, rung := range betweens {
			if p.Name == first.Workload && p.Knows(rung.Model) {
				c := first
				c.Model = rung.Model
				between = append(between, c)
			}
		}
	}
	return slices.Insert(cells, 1, between...)
}

func (o *options) open(rate float64) plan.Load {
	return plan.Load{Kind: plan.Open, Concurrency: o.Most, RateRPS: rate, Arrivals: o.Arrivals, NoReuse: o.Fresh}
}

// search makes the plan one of a search. It takes the time and the starts that it needs, unless they were given.
func (o *options) search(plan *plan.Plan) {
	plan.Searched = true
	// A tenth of the arrivals may fall into the part of a visit that counts for nothing. A fifth more and twenty leave as
	// many as the percentile needs with four standard deviations to spare.
	plan.AtLeast = stats.PercentileNeeds(plan.Objective.Percentile)*6/5 + 20
	if !o.has("budget") {
		plan.BudgetNS = 0
	}
	if !o.has("groups") {
		plan.Groups = fewestGroups
	}
}

// Rates among which the knee is searched: each a tenth above the one before, rounded to two digits.
const (
	lowestRate  = 10
	highestRate = 100_000
	step        = 1.1
)

func curve() []float64 {
	var rates []float64
	for rate := float64(lowestRate); rate <= highestRate; rate *= step {
		unit := math.Pow10(int(math.Floor(math.Log10(rate))) - 1)
		rates = append(rates, math.Round(rate/unit)*unit)
	}
	return slices.Compact(rates)
}

func product(r wish, engine string, loads []plan.Load, models []string) []plan.Cell {
	var cells []plan.Cell
	for _, l := range loads {
		for _, model := range models {
			cells = append(cells, plan.Cell{Workload: r.program, Request: r.request, Model: model, Engine: engine, Load: l})
		}
	}
	return cells
}

// often has short visits made more often than long ones: a cell whose visits are k times as long as the shortest is
// visited in every k^⅔-th round. If blocks are as noisy whatever their length, that makes the intervals narrowest, in
// sum: of a width w ∝ 1/√n and a cost n·k each, the sum of w is least at n ∝ k^−⅔. But none is visited so seldom that
// fewer than fewestVisits are to be expected.
func (o *options) often(plan *plan.Plan) {
	var lengths []time.Duration
	for _, c := range plan.Cells {
		length, _ := plan.Length(c)
		lengths = append(lengths, length)
	}
	shortest := slices.Min(lengths)
	seldom := func(length time.Duration) int { return int(math.Pow(float64(length)/float64(shortest), 2./3)) }
	for most := seldom(slices.Max(lengths)); ; most-- {
		plan.Strides = plan.Strides[:0]
		var round time.Duration // its length, on average
		for _, length := range lengths {
			every := min(seldom(length), most)
			plan.Strides = append(plan.Strides, every)
			round += length / time.Duration(every)
		}
		if most == 1 || expected(plan, round)/most >= fewestVisits {
			return
		}
	}
}

// expected is how many rounds of that length a plan comes to.
func expected(plan *plan.Plan, round time.Duration) int {
	if plan.Rounds > 0 {
		return plan.Rounds
	}
	return int(visiting * float64(plan.BudgetNS) / float64(round))
}

const (
	// fewestVisits is how often a cell is visited at the least: an interval needs six.
	fewestVisits = 6
	// visiting is the share of the time in which cells are visited. The rest goes to the referee, the starts of the
	// targets, and the looks at their usage; and some visits turn out to be invalid.
	visiting = 0.7
)

func limited(every, rounds int) int {
	if rounds == 0 {
		return every
	}
	return max(min(every, rounds/fewestVisits), 1)
}

// The referee checks; it need not be exact. It is visited in one of five rounds of the cell that it checks.
const (
	refereeEngine = "hey"
	refereeEvery  = 5
)

// appoint adds the cells of the referee: the closed loops again, in some of the rounds.
func (o *options) appoint(p *plan.Plan) {
	if !o.Referee || o.Engine == refereeEngine {
		return
	}
	p.Referee = refereeEngine
	for i, c := range p.Cells {
		if c.Load.Kind != plan.Closed || c.Workload == p.Floor || o.between(c.Model) {
			continue
		}
		c.Engine = refereeEngine
		p.Cells = append(p.Cells, c)
		p.Strides = append(p.Strides, limited(p.Strides[i]*refereeEvery, p.Rounds))
	}
}
