package report

import (
	"fmt"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
	"forktax/workload/contract"
)

const (
	aboutRecycling = "Fit of cost(N) = a + b/N to the CPU time of a request by processes that serve N requests: the " +
		"least squares of relative errors in each start of the targets, and its Hodges-Lehmann estimate over the starts."
	aboutKept    = "a: CPU time of a request by a process that is kept. " + aboutRecycling
	aboutProcess = "b: CPU time of starting and ending a process. " + aboutRecycling
	aboutEnough  = "Smallest N that saves 95% of the CPU time by which a process per request exceeds the resident " +
		"model, in a suite a resident baseline. \"never\": the host of the workers uses more than the rest."
)

var recyclingColumns = []column[analysis.Recycling]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[analysis.Recycling]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "kept process", Key: "kept_ns.value", Unit: ns, Bounds: true, About: aboutKept},
	{Name: "kept, by phases", Key: "kept_phases_ns", Unit: ns,
		About: "Time of all phases but spawn, start, open, connect, close and exit with the largest N: a, by the clocks " +
			"of a request."},
	{Name: "start and end", Key: "process_ns.value", Unit: ns, Bounds: true, About: aboutProcess},
	{Name: "by phases", Key: "phases_ns", Unit: ns,
		About: "Time of the phases spawn, start, open, connect, close and exit of a CGI request: the same, by its clocks."},
	{Key: "resident_ns", Unit: ns, About: "CPU time of a request by the resident process with which N is compared."},
	{Name: "95% saved from", Key: "enough", Unit: counts, About: aboutEnough,
		Text: of(func(r analysis.Recycling) string {
			switch {
			case r.Resident == nil:
				return ""
			case r.Enough == nil:
				return "never"
			}
			return units.Count(int64(*r.Enough)) + " requests"
		})},
}

// recyclingTable returns a table of the fits.
func recyclingTable(a *analysis.Analysis) grid {
	return makeTable(a, recyclingColumns, 0, a.Recycling, func(r analysis.Recycling) string {
		return fmt.Sprintf(".recycling.%d", slices.IndexFunc(a.Recycling, func(o analysis.Recycling) bool {
			return o.Cell() == r.Cell()
		}))
	})
}

// A recyclePoint is a row of the table of points.
type recyclePoint struct {
	analysis.Recycling
	analysis.RecyclePoint
	place string
}

var recyclePointColumns = []column[recyclePoint]{
	{Name: "request", Key: "request", About: aboutRequest, Text: requestOf[recyclePoint]},
	{Name: "load", Key: "load", About: aboutLoad},
	{Name: "model", Key: "model", About: aboutModel},
	{Name: "requests per process", Key: "requests", Unit: counts, About: "Requests that a process serves: N."},
	{Name: "CPU per request", Key: "cpu_ns", Unit: ns, About: "CPU time of the server per request."},
	{Name: "fit", Key: "fit_ns", Unit: ns, About: aboutRecycling},
}

// recyclePoints returns a table of the points of all fits.
func recyclePoints(a *analysis.Analysis) grid {
	var rows []recyclePoint
	for i, r := range a.Recycling {
		for j, p := range r.Points {
			rows = append(rows, recyclePoint{r, p, fmt.Sprintf(".recycling.%d.points.%d", i, j)})
		}
	}
	return makeTable(a, recyclePointColumns, 0, rows, func(p recyclePoint) string { return p.place })
}

// recyclingFigures plots the CPU time of a request against the number of requests that a process serves: the points of
// the fit, its curve, and the other models at the same load.
func recyclingFigures(a *analysis.Analysis, size size) (found []*figure) {
	for i, r := range a.Recycling {
		name := analysis.RequestName(r.Workload, r.Request)
		f := &figure{size: size, ID: fmt.Sprintf("recycling-%d", i+1),
			Title: fmt.Sprintf("CPU time of a request by the requests that a process serves: %s, %s", name, r.Load),
			Short: "Recycling: " + name, Data: recyclePoints(a),
			About: "The curve is the fit a + b/N. Models with a process per request are at 1, and those that keep their " +
				"process at the right edge. Both axes are logarithmic. The shape shows what a request shares with others: " +
				"a circle, nothing; a square, the process, but not its memory; a triangle, the memory with earlier requests; " +
				"a diamond, the memory with requests at the same time.",
			x: size.acrossPlot(), y: logScale(plotHeight, plotTop)}
		most := 1
		for _, p := range r.Points {
			most = max(most, p.Requests)
		}
		kept := 10 * most
		type mark struct {
			model  string
			series int
			at     int
			shape  contract.Isolation
			cpu    float64
		}
		var marks []mark
		f.Legend = []string{r.Family}
		for _, c := range a.OwnCells() {
			if !r.Has(c.Cell) || c.CPUPerRequest == nil || *c.CPUPerRequest <= 0 {
				continue
			}
			m, known := contract.ModelNamed(c.Model)
			series, at := 0, m.Requests
			switch {
			case !known || contract.FamilyOf(c.Model) != r.Family && m.Requests > 0:
				continue
			case m.Requests == 0:
				series, at = len(f.Legend), kept
				f.Legend = append(f.Legend, c.Model)
				if m.Process != contract.Kept {
					at = 1
				}
			}
			marks = append(marks, mark{c.Model, series, at, m.Isolation(), float64(*c.CPUPerRequest)})
			f.x.include(float64(at))
			f.y.include(float64(*c.CPUPerRequest))
		}
		f.x.widen()
		f.y.widen()
		f.axes(func(v float64) string { return units.Count(int64(v)) }, units.Duration)
		for _, m := range marks {
			f.shapedMark(f.x.at(float64(m.at)), f.y.at(m.cpu), m.series, int(m.shape),
				fmt.Sprintf("%s: %s", m.model, units.Duration(m.cpu)))
		}
		var curve [][2]float64
		for n := 1.0; n <= float64(kept); n *= 1.25 {
			if cpu := *r.Kept.Value + *r.Process.Value/n; cpu > 0 {
				curve = append(curve, [2]float64{n, cpu})
			}
		}
		f.path(curve, 0)
		found = append(found, f)
	}
	return found
}

// modelStatements says how much of the tax recycled processes save, and what processes that are started ahead hide.
func modelStatements(a *analysis.Analysis) (all []statement) {
	for i, r := range a.Recycling {
		text := fmt.Sprintf("%s (%s): with %s, a request takes %s of CPU time, and %s/N for its share of a process.",
			analysis.RequestName(r.Workload, r.Request), r.Load, r.Family, nanoseconds(r.Kept.Value),
			nanoseconds(r.Process.Value))
		switch {
		case r.Enough != nil:
			text += fmt.Sprintf(" From N = %s, 95%% of the fork tax is saved.", units.Count(int64(*r.Enough)))
		case r.Resident != nil:
			more := *r.Kept.Value - float64(*r.Resident)
			if share := *r.Process.Value / (more + *r.Process.Value); share > 0 && share < 1 {
				text += fmt.Sprintf(" However many requests a process serves, at most %s of the fork tax is saved.",
					units.Percent(share))
			}
		}
		if r.Phases != nil && r.Load.Kind == record.Open { // in closed loops, phases include waits for processors
			text += fmt.Sprintf(" By the phases of CGI, a process costs %s.", units.Duration(float64(*r.Phases)))
		}
		if r.Phases != nil && r.KeptPhases != nil && r.Load.Kind == record.Open {
			text += fmt.Sprintf(" The other phases of a request take %s.", units.Duration(float64(*r.KeptPhases)))
		}
		all = append(all, statement{text, []string{fmt.Sprintf(".recycling.%d", i)}})
	}
	for _, c := range a.OwnCells() {
		if m, _ := contract.ModelNamed(c.Model); m.Process == contract.Ahead {
			all = append(all, aheadStatements(a, c)...)
		}
	}
	return all
}

func nanoseconds(v *float64) string { return units.Duration(*v) }

// aheadStatements compares a model whose processes are started ahead with one that starts them in the request, at the
// same load. In a closed loop, its throughput is the rate at which it can start them.
func aheadStatements(a *analysis.Analysis, ahead analysis.Cell) (all []statement) {
	name := fmt.Sprintf("%s (%s)", analysis.RequestName(ahead.Workload, ahead.Request), ahead.Load)
	place := placeOf(a)
	for _, c := range a.OwnCells() {
		m, _ := contract.ModelNamed(c.Model)
		same := ahead.Cell
		same.Model = c.Model
		if m.Host != contract.HostDirect || c.Cell != same || c.CPUPerRequest == nil || ahead.CPUPerRequest == nil {
			continue
		}
		cpu := fmt.Sprintf("its CPU time per request is %s, that of %s %s",
			units.Duration(float64(*ahead.CPUPerRequest)), c.Model, units.Duration(float64(*c.CPUPerRequest)))
		text := ""
		switch {
		case ahead.Load.Kind == record.Closed && ahead.ThroughputRPS != nil && ahead.ProcessesPerRequest != nil:
			if isLargest(a, ahead) { // with fewer clients, the processors are idle meanwhile
				// Blocks begin with spare processes, so they have more requests than starts.
				text = fmt.Sprintf("%s: %s starts up to %s processes per second; at higher rates, no spare process is left. It "+
					"saves no work: %s%s.", name, ahead.Model, units.Number(*ahead.ThroughputRPS**ahead.ProcessesPerRequest), cpu,
					throughputText(ahead, c))
			}
		case ahead.Load.Kind != record.Closed && ahead.Response.P50 != nil && c.Response.P50 != nil:
			text = fmt.Sprintf("%s: %s hides the start of processes: its median is %s, that of %s %s; %s.", name, ahead.Model,
				percentileText(ahead.Response, "p50"), c.Model, percentileText(c.Response, "p50"), cpu)
		}
		if text == "" {
			continue
		}
		all = append(all, statement{text, []string{place(ahead), place(c)}})
	}
	return all
}

// throughputText returns the end of a sentence about the throughput of two cells, if it is known.
func throughputText(ahead, c analysis.Cell) string {
	if c.ThroughputRPS == nil {
		return ""
	}
	return fmt.Sprintf(", and its throughput %s/s, that of %s %s/s", units.Number(*ahead.ThroughputRPS), c.Model,
		units.Number(*c.ThroughputRPS))
}

// isLargest reports whether no other closed loop of the model and request has more clients.
func isLargest(a *analysis.Analysis, of analysis.Cell) bool {
	return !slices.ContainsFunc(a.OwnCells(), func(c analysis.Cell) bool {
		return c.Workload == of.Workload && c.Request == of.Request && c.Model == of.Model && c.Load.Kind == record.Closed &&
			c.Load.Concurrency > of.Load.Concurrency
	})
}
