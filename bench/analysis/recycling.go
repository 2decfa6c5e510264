package analysis

import (
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/workload/contract"
)

// Recycling relates the CPU time of a request to the number N of requests that a process serves:
//
//	cost(N) = a + b/N
//
// Here a is the CPU time of a request by a process that is kept, and b that of starting and ending a process. They are
// the least squares of relative errors, in each start of the targets; the estimates and intervals are over the starts.
type Recycling struct {
	Workload string      `json:"workload"`
	Request  string      `json:"request"`
	Family   string      `json:"model"` // of the models, such as recycle:N
	Engine   string      `json:"engine"`
	Load     record.Load `json:"load"`
	Kept     Estimate    `json:"kept_ns"`    // a
	Process  Estimate    `json:"process_ns"` // b
	Phases   *int64      `json:"phases_ns"`  // b by the phases of a CGI request; nil if none was measured
	// KeptPhases is a by the other phases of a request with the largest N; nil if none was measured.
	KeptPhases *int64         `json:"kept_phases_ns"`
	Resident   *int64         `json:"resident_ns"` // CPU time of a request by the resident process; nil if not measured
	Enough     *int           `json:"enough"`      // N from which 95% of the tax is saved; nil if no N saves as much
	Points     []RecyclePoint `json:"points"`
}

// A RecyclePoint is the CPU time of a request with one number of requests per process.
type RecyclePoint struct {
	Requests int     `json:"requests"` // N
	CPU      int64   `json:"cpu_ns"`   // measured
	Fit      float64 `json:"fit_ns"`   // a + b/N
}

// Cell returns a cell of the fit, with the family as its model.
func (r Recycling) Cell() record.Cell {
	return record.Cell{Workload: r.Workload, Request: r.Request, Model: r.Family, Engine: r.Engine, Load: r.Load}
}

// Has reports whether a cell is of the same request at the same load as the fit, by any model.
func (r Recycling) Has(c record.Cell) bool {
	c.Model = r.Family
	return c == r.Cell()
}

// leastPoints is the smallest number of points of a fit with two parameters that can contradict it.
const leastPoints = 3

// savedShare is the share of the tax that Enough saves.
const savedShare = 0.95

// recyclings returns the fit of each workload and load for which enough models of a family were measured.
func recyclings(a *Analysis) []Recycling {
	found := []Recycling{}
	var points [][]Cell
	for _, c := range a.OwnCells() {
		m, ok := contract.ModelNamed(c.Model)
		if !ok || m.Requests == 0 || c.CPUPerRequest == nil {
			continue
		}
		r := Recycling{Workload: c.Workload, Request: c.Request, Family: contract.FamilyOf(c.Model), Engine: c.Engine,
			Load: c.Load}
		i := slices.IndexFunc(found, func(o Recycling) bool { return o.Cell() == r.Cell() })
		if i < 0 {
			i, found, points = len(found), append(found, r), append(points, nil)
		}
		points[i] = append(points[i], c)
	}
	var fitted []Recycling
	for i, r := range found {
		if r.fit(points[i]) {
			r.compare(a)
			fitted = append(fitted, r)
		}
	}
	return fitted
}

// fit sets the estimates, and reports whether there are enough cells and starts for them.
func (r *Recycling) fit(cells []Cell) bool {
	slices.SortFunc(cells, func(a, b Cell) int { return a.requestsOfProcess() - b.requestsOfProcess() })
	if len(cells) < leastPoints {
		return false
	}
	starts := map[int][]float64{} // by start: the CPU time of each cell
	for i, c := range cells {
		byStart := map[int][]float64{}
		for _, s := range c.Samples {
			if v, ok := s.Metrics[MetricCPU]; ok && v > 0 {
				byStart[s.Start] = append(byStart[s.Start], v)
			}
		}
		for start, values := range byStart {
			if len(starts[start]) == i { // all cells before have this start
				starts[start] = append(starts[start], stats.Median(values))
			}
		}
	}
	var kept, process []float64
	for _, cpu := range starts {
		if len(cpu) == len(cells) {
			a, b := fitInverse(cells, cpu)
			kept, process = append(kept, a), append(process, b)
		}
	}
	if len(kept) == 0 {
		return false
	}
	r.Kept, r.Process = estimateOf(kept), estimateOf(process)
	r.KeptPhases = cells[len(cells)-1].keptNS()
	for _, c := range cells {
		n := c.requestsOfProcess()
		fit := math.Round(*r.Kept.Value + *r.Process.Value/float64(n))
		r.Points = append(r.Points, RecyclePoint{n, *c.CPUPerRequest, fit})
	}
	return true
}

// requestsOfProcess returns the number of requests that a process of the cell's model serves.
func (c Cell) requestsOfProcess() int {
	m, _ := contract.ModelNamed(c.Model)
	return m.Requests
}

// fitInverse returns a and b for which a + b/N has the least squares of relative errors.
func fitInverse(cells []Cell, cpu []float64) (a, b float64) {
	// With u = 1/y and v = 1/(N·y), the sum over (a·u + b·v − 1)² is least.
	var uu, uv, vv, u1, v1 float64
	for i, c := range cells {
		u := 1 / cpu[i]
		v := u / float64(c.requestsOfProcess())
		uu, uv, vv, u1, v1 = uu+u*u, uv+u*v, vv+v*v, u1+u, v1+v
	}
	det := uu*vv - uv*uv
	return (u1*vv - v1*uv) / det, (v1*uu - u1*uv) / det
}

// estimateOf returns the estimate of values of independent starts, in whole nanoseconds.
func estimateOf(values []float64) Estimate {
	middle := math.Round(stats.HodgesLehmann(slices.Clone(values)))
	e := Estimate{Value: &middle}
	if i, ok := stats.SignedRank(values, confidence); ok {
		low, high := math.Round(i.Low), math.Round(i.High)
		e.Low, e.High = &low, &high
	}
	return e
}

// compare sets what follows from other models: the cost of a process by the phases of CGI, and the number of requests
// that saves enough of the tax on a resident process.
func (r *Recycling) compare(a *Analysis) {
	resident := a.resident()
	for _, c := range a.OwnCells() {
		if !r.Has(c.Cell) {
			continue
		}
		if m, _ := contract.ModelNamed(c.Model); m.Process == contract.PerRequest && r.Phases == nil {
			r.Phases = c.processNS()
		}
		if c.Model == resident && c.CPUPerRequest != nil {
			r.Resident = c.CPUPerRequest
			r.setEnough(float64(*c.CPUPerRequest))
		}
	}
}

// resident returns the name of the resident process with which processes that are replaced are compared: in a suite
// with a resident baseline that one, and otherwise the resident model. It is "" if there is none.
func (a *Analysis) resident() string {
	replaced := func(name string) bool {
		m, _ := contract.ModelNamed(name)
		return m.Requests > 0 || a.Run.Suite != nil && slices.ContainsFunc(a.Run.Suite.Contenders,
			func(c record.Contender) bool { return c.Name == name && c.Fresh })
	}
	if a.Run.Suite != nil && !replaced(a.Run.Baseline) {
		return a.Run.Baseline
	}
	if replaced(record.Baseline) { // a contender with this name
		return ""
	}
	return record.Baseline
}

// processPhases are the phases that a process costs. The others are those of a request by any process.
var processPhases = []contract.Phase{contract.PhaseSpawn, contract.PhaseStart, contract.PhaseOpen,
	contract.PhaseConnect, contract.PhaseClose, contract.PhaseExit}

// processNS returns the time of the phases that a process costs, or nil if they were not reported.
func (c Cell) processNS() *int64 {
	return c.sumOfPhases(func(p contract.Phase) bool { return slices.Contains(processPhases, p) })
}

// keptNS returns the time of the other phases, or nil if they were not reported.
func (c Cell) keptNS() *int64 {
	return c.sumOfPhases(func(p contract.Phase) bool { return !slices.Contains(processPhases, p) })
}

func (c Cell) sumOfPhases(of func(contract.Phase) bool) *int64 {
	var sum int64
	for p := range contract.NumPhases {
		if of(p) {
			sum += c.PhaseNS(p.String())
		}
	}
	if sum == 0 {
		return nil
	}
	return &sum
}

// setEnough sets Enough, given the CPU time of a request by the resident process.
func (r *Recycling) setEnough(resident float64) {
	a, b := *r.Kept.Value, *r.Process.Value
	left := (1-savedShare)*(a+b-resident) - (a - resident) // what b/N may be at most
	if b <= 0 || left <= 0 {
		return
	}
	r.Enough = new(max(int(math.Ceil(b/left)), 1))
}
