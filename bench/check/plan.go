package check

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/run"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// floorStride is the number of rounds from one visit of the floor to the next. The floor makes results of different
// days comparable.
const floorStride = 2

// equip sets the launcher's programs and variants for the two sides.
func (c *comparison) equip(l *subject.Launcher) {
	l.Seed, l.Variants, l.Env = c.Seed, c.variants(), c.env
	if c.BaseResult == "" {
		l.Variants = append(l.Variants, c.variant(baseControlName, c.sides[0]))
	}
	l.Programs = []subject.Program{*cmp.Or(c.script, c.sides[0].keeps)}
}

// prepare records expected responses, counts, and makes the plan. The database server may be nil.
func (c *comparison) prepare(ctx context.Context, l *subject.Launcher, finder *subject.Finder,
	database servers.DataServer) (*run.Execution, error) {
	if err := c.learn(ctx, l); err != nil {
		return nil, err
	}
	counts, leftOut, err := c.count(ctx, database)
	if err != nil {
		return nil, err
	}
	e := &run.Execution{Launcher: l}
	if database != nil {
		e.Database = database.Description
	}
	if e.Plan, err = c.plan(counts, leftOut, database != nil); err != nil {
		return nil, err
	}
	e.Judges.Next = next(e.Plan)
	if c.Part.Of > 0 {
		e.Plan.Part, e.Judges.Next = &c.Part, undecided(e.Plan)
	}
	floor, err := subject.FindFloor(ctx, finder)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil && c.BaseResult != "" {
		return nil, fmt.Errorf("a stored result is compared through the floor, which is not available here: %w", err)
	}
	if err != nil {
		e.Plan.FloorMissing = err.Error()
	} else {
		c.addFloor(&e.Plan, *floor)
		l.Programs = append(l.Programs, *floor)
	}
	if c.AllowDifferent {
		e.Plan.ExpectStatusOnly()
	}
	return e, nil
}

// addFloor adds the floor to the plan: in every floorStride-th round, or in all rounds if it replaces the base.
func (c *comparison) addFloor(p *plan.Plan, floor subject.Program) {
	stride := floorStride
	if c.BaseResult != "" {
		stride = 1
	}
	p.Strides = append(slices.Repeat([]int{1}, len(p.Cells)), stride)
	p.Floor = floor.Name
	p.Workloads = append(p.Workloads, floor.Description)
	p.Cells = append(p.Cells, cellOf(floor.Name, floor.Requests[0].Name, subject.ScriptModel))
}

func cellOf(workload, request, model string) plan.Cell {
	return plan.Cell{Workload: workload, Request: request, Model: model, Engine: plan.DefaultEngine,
		Load: plan.Load{Kind: plan.Closed, Concurrency: 1}}
}

// variants returns the base (unless it is stored), the candidate, and the control: the candidate delayed by its host.
func (c *comparison) variants() []subject.Variant {
	var variants []subject.Variant
	for i, name := range []string{baseName, candidateName, controlName} {
		if name != baseName || c.BaseResult == "" {
			variants = append(variants, c.variant(name, c.sides[min(i, 1)]))
		}
	}
	return variants
}

// variant returns the variant that runs the program of a side, delayed if it is a control.
func (c *comparison) variant(name string, s side) subject.Variant {
	v := subject.Variant{Name: name, Model: subject.ScriptModel, Env: map[string]string{}}
	maps.Copy(v.Env, s.env)
	if c.script != nil {
		v.Env[contract.EnvScriptPath] = s.path
	} else {
		v.Programs = []subject.Program{*s.keeps}
		v.Program = s.keeps.Path
	}
	if name == controlName || name == baseControlName {
		v.Env[contract.EnvDelay] = fmt.Sprint(c.MustCatch)
	}
	return v
}

func (c *comparison) plan(counts []plan.StartCount, leftOut []plan.LeftOut, database bool) (plan.Plan, error) {
	criterion := &plan.CheckSpec{
		Titles:    map[string]string{baseName: c.sides[0].title, candidateName: c.sides[1].title},
		Candidate: candidateName, Control: controlName,
		Margin: c.Margin, MustCatch: c.MustCatch, Alpha: c.Alpha, ConfirmNS: int64(c.ConfirmBudget),
		Counts: counts, LeftOut: leftOut, Margins: c.margins(),
	}
	_, measured := analysis.Gated()
	criterion.Metrics = c.gatesIn(measured)
	p := plan.Plan{
		Workloads: []contract.Description{c.workload}, BudgetNS: int64(c.Budget), MinRequests: plan.MinRequests, Seed: c.Seed,
		Baseline: baseName, IgnoreHeaders: c.IgnoreHeaders, Check: criterion,
	}
	// The CPU time of a database server cannot be attributed if both sides use it at the same time.
	if !database {
		p.Alternate()
	}
	if p.Alternating && c.BaseResult == "" {
		criterion.BaseControl = baseControlName
	}
	var err error
	if p.Env, err = c.HashedVariables(); err != nil {
		return p, err
	}
	if c.BaseResult != "" {
		p.Baseline = candidateName
		var unknown []plan.LeftOut
		var rule analysis.BlockRule
		if criterion.Stored, unknown, rule, err = c.readBaseline(p.Env, criterion.Metrics, c.GatesNamed); err != nil {
			return p, err
		}
		p.BlockNS, p.MinRequests, p.Alternating = rule.LengthNS, rule.MinRequests, rule.Alternating && plan.DefaultAlternates
		criterion.LeftOut = append(criterion.LeftOut, unknown...)
		criterion.Metrics = slices.DeleteFunc(criterion.Metrics, func(metric string) bool {
			return slices.ContainsFunc(unknown, func(l plan.LeftOut) bool { return l.Gate == metric })
		})
	}
	p.Variants = c.variants()
	for _, r := range c.workload.Requests {
		for _, v := range p.Variants {
			p.Cells = append(p.Cells, cellOf(c.workload.Name, r.Name, v.Name))
		}
	}
	return p, nil
}
