package plan

import (
	"cmp"
	"slices"
	"strings"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// External returns the description of the workload of external servers that are measured by URL only.
func External(requests []contract.Request) contract.Description {
	return contract.Description{Name: subject.ExternalWorkload, About: "what external servers respond", Requests: requests}
}

// New returns the plan of a run of programs, external servers and the floor.
func New(o Options, programs []subject.Program, foreign []subject.External, floor subject.Floor) (Plan, error) {
	p := o.base()
	if secure := slices.IndexFunc(foreign, subject.External.IsTLS); secure >= 0 && !o.Explicit["engine"] {
		o.Engine = crossCheckEngine // the only engine with TLS; the report notes it
		if len(o.Rates) > 0 || o.FindKnee {
			return Plan{}, subject.InvalidElement("target", secure, "with https supports closed loops only: leave out "+
				"--rate and --find-knee")
		}
		if o.Mix {
			return Plan{}, subject.InvalidElement("target", secure, "with https does not support a mix of requests: "+
				"leave out the key requests")
		}
	}
	var models []string
	for _, c := range o.conditions() {
		models = append(models, c.Name)
	}
	if len(programs) == 0 {
		models = nil
		p.Workloads = []contract.Description{External(o.External)}
	}
	for i, f := range foreign {
		if slices.Contains(models, f.Name) || f.Name == subject.FloorWorkload { // comparisons use this name for the floor
			return Plan{}, subject.InvalidElement("target", i, "%q: name is already used: choose another", f.Name)
		}
		models = append(models, f.Name)
	}
	models, err := o.ordered(models)
	if err != nil {
		return Plan{}, err
	}
	p.Baseline, p.Variants, p.Servers = o.baseline(models), o.Variants, serversOf(foreign)
	for i, program := range programs {
		if err := o.checkModels(program); err != nil {
			return Plan{}, err
		}
		if slices.ContainsFunc(p.Workloads, func(d contract.Description) bool { return d.Name == program.Name }) {
			return Plan{}, subject.InvalidElement("workload", o.IndexOf(subject.ProgramsOf(o.Selections)[i]),
				"%s: another program is also named %q", program.Path, program.Name)
		}
		p.Workloads = append(p.Workloads, program.Description)
	}
	var requests []subject.Selection
	if o.Mix {
		requests, err = o.mixes(p.Workloads)
	} else {
		requests, err = o.requests(programs, p.Workloads)
	}
	if err != nil {
		return Plan{}, err
	}
	for _, r := range requests {
		p.Cells = append(p.Cells, o.addReuseLevels(o.cells(r, models), programs)...)
	}
	p.Objective, err = o.objective()
	if o.FindKnee && err == nil {
		o.search(&p)
		return p, nil
	}
	if p.FloorMissing = floor.Missing; floor.Program != nil {
		p.Floor = floor.Name
		p.Workloads = append(p.Workloads, floor.Description)
		request := subject.Selection{Program: floor.Name, Request: floor.Requests[0].Name}
		p.Cells = append(p.Cells, o.cells(request, o.floorModels())...)
	}
	o.schedule(&p)
	if err == nil {
		err = cmp.Or(o.checkBudget(&p), p.checkTimetable())
	}
	return p, err
}

// fewestStarts returns the smallest number of starts of the targets if the budget is short; 0 if their number was
// given.
func (o *Options) fewestStarts() int {
	if o.Explicit["starts"] || o.Rounds > 0 {
		return 0
	}
	return minStarts
}

// ordered moves the baseline set by the user to the front.
func (o *Options) ordered(models []string) ([]string, error) {
	switch at := slices.Index(models, o.Baseline); {
	case o.Baseline == "":
		return models, nil
	case at < 0:
		return nil, subject.InvalidOption("baseline", "%q is not measured: use one of %s", o.Baseline,
			strings.Join(models, ", "))
	default:
		return slices.Concat(models[at:at+1], models[:at], models[at+1:]), nil
	}
}

// baseline returns the baseline of ordered models: the one set by the user, which is the first. By default it is
// persistent, if that is among the models, or the first. With variants it is the first, whatever their names are.
func (o *Options) baseline(models []string) string {
	if o.Baseline == "" && len(o.Variants) == 0 && slices.Contains(models, Baseline) {
		return Baseline
	}
	return models[0]
}

// requests returns the selected requests of the workloads.
func (o *Options) requests(programs []subject.Program, workloads []contract.Description) ([]subject.Selection, error) {
	if len(programs) == 0 {
		var found []subject.Selection
		for _, r := range workloads[0].Requests {
			found = append(found, subject.Selection{Program: workloads[0].Name, Request: r.Name})
		}
		return found, nil
	}
	names := subject.ProgramsOf(o.Selections)
	var found []subject.Selection
	for i, w := range o.Selections {
		p := programs[slices.Index(names, w.Program)]
		var known []string
		matched := false
		for _, r := range p.Requests {
			known = append(known, r.Name)
			if w.Request != "" && w.Request != r.Name {
				continue
			}
			matched = true
			if one := (subject.Selection{Program: p.Name, Request: r.Name}); !slices.Contains(found, one) {
				found = append(found, one)
			}
		}
		if !matched {
			return nil, subject.InvalidElement("workload", i, "%s has no request %q; it has %s", p.Name, w.Request,
				strings.Join(known, ", "))
		}
	}
	return found, nil
}

// cells returns the product of a request with the loads and the models, in the order of the report.
func (o *Options) cells(r subject.Selection, models []string) []Cell {
	if !o.FindKnee {
		return product(r, o.Engine, o.loads(), models)
	}
	var loads []Load
	for _, rate := range curve() {
		loads = append(loads, o.open(rate))
	}
	return product(r, o.Engine, loads, models)
}

// loads returns the closed and open loops. If only rates are given, there are no closed loops.
func (o *Options) loads() (loads []Load) {
	if len(o.Rates) == 0 || o.Explicit["clients"] {
		loads = o.closed()
	}
	for _, rate := range slices.Sorted(slices.Values(o.Rates)) { // Plan.Curves relies on the order
		loads = append(loads, o.open(rate))
	}
	return loads
}

// isIntermediate reports whether a model is measured only as a level of reuse.
func (o *Options) isIntermediate(model string) bool {
	return !o.Explicit["model"] && IsIntermediate(model)
}

// addReuseLevels adds the intermediate models at the first load of a request, if that is a closed loop. It adds none if
// the user chose the models.
func (o *Options) addReuseLevels(cells []Cell, programs []subject.Program) []Cell {
	first := cells[0]
	if !o.ReuseLevels || first.Load.Kind != Closed || o.Explicit["model"] || len(o.Variants) > 0 {
		return cells
	}
	var between []Cell
	for _, p := range programs {
		for _, level := range Levels[1 : len(Levels)-1] {
			if p.Name == first.Workload && p.HasModel(level.Model) {
				c := first
				c.Model = level.Model
				between = append(between, c)
			}
		}
	}
	return slices.Insert(cells, 1, between...)
}

// closed returns the closed loops.
func (o *Options) closed() []Load {
	var loads []Load
	for _, clients := range o.Clients {
		loads = append(loads, Load{Kind: Closed, Concurrency: clients, NoReuse: o.NoReuse})
	}
	return loads
}

func (o *Options) open(rate float64) Load {
	return Load{Kind: Open, Concurrency: o.Connections, RateRPS: rate, Arrivals: o.Arrivals, NoReuse: o.NoReuse}
}

func product(r subject.Selection, engine string, loads []Load, models []string) []Cell {
	var cells []Cell
	for _, l := range loads {
		for _, model := range models {
			cells = append(cells, Cell{Workload: r.Program, Request: r.Request, Model: model, Engine: engine, Load: l})
		}
	}
	return cells
}

// OfSuite returns the plan of a suite, in which contenders replace models.
func OfSuite(o Options, s *SuiteInfo, workloads []contract.Description, baseline string) Plan {
	p := o.base()
	p.Suite, p.Workloads, p.Baseline = s, workloads, baseline
	for _, c := range s.Contenders {
		i := slices.IndexFunc(workloads, func(d contract.Description) bool { return d.Name == c.Workload })
		for _, r := range workloads[i].Requests {
			request := subject.Selection{Program: c.Workload, Request: r.Name}
			p.Cells = append(p.Cells, product(request, o.Engine, o.loads(), []string{c.Name})...)
		}
	}
	o.schedule(&p)
	return p
}

// base returns a plan without workloads and cells.
func (o *Options) base() Plan {
	p := Plan{Rounds: o.Rounds, BudgetNS: int64(o.Budget), Starts: o.Starts, BlockNS: int64(o.Block),
		WarmUpNS: int64(o.WarmUp), MinRequests: MinRequests, Seed: o.Seed}
	if o.Rounds > 0 {
		p.BudgetNS, p.Rounds = 0, max(o.Rounds, o.Starts)
	}
	if o.Part.Of > 0 {
		p.Part, p.StartAt = &o.Part, o.StartAt
	}
	return p
}

// schedule sets how often each cell is visited.
func (o *Options) schedule(p *Plan) {
	p.FewestStarts = o.fewestStarts()
	o.assignStrides(p)
	o.addCrossCheck(p)
}
