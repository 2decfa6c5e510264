package report

import (
	"slices"

	"forktax/bench"
	"forktax/bench/stats"
)

// Confidence of all intervals.
const confidence = 0.95

// Analyze works out what a recorded run says. It fails only if the record cannot be read.
func Analyze(r *bench.Result) (*Analysis, error) {
	a := &Analysis{
		Schema: bench.Schema,
		Run: Run{ID: r.ID, Started: r.Started, Seconds: float64(r.Tail.LengthNS) / 1e9, Seed: r.Plan.Seed,
			Complete: r.Tail.Complete, Condition: r.Tail.Condition, Version: r.Version,
			Rounds: r.Plan.Rounds, Groups: r.Plan.Groups},
		Environment: r.Environment,
		Cells:       []Cell{},
		Comparisons: []Comparison{},
		Warnings:    []Warning{},
	}
	if r.Tail == (bench.Tail{}) {
		a.Run.Condition = "the harness was killed"
		if n := len(r.Blocks); n > 0 {
			a.Run.Seconds = float64(r.Blocks[n-1].StartNS+r.Blocks[n-1].LengthNS) / 1e9
		}
	}
	measured := make([]measurements, len(r.Plan.Cells))
	for i, cell := range r.Plan.Cells {
		m, err := measure(r, i)
		if err != nil {
			return nil, err
		}
		measured[i] = m.withoutObservations()
		if m.blocks > 0 {
			a.Cells = append(a.Cells, m.cell(cell))
		}
	}
	a.Comparisons = compare(r.Plan.Cells, measured)
	a.Warnings = warnings(a)
	return a, nil
}

// measurements is what the blocks of one cell hold.
type measurements struct {
	blocks, requests int
	errors           ErrorCounts
	usage            *bench.Usage // summed; nil if the target did not tell
	generatorNS      int64
	lengthNS         int64
	response         []int64
	service          []int64
	lag              []int64           // empty in a closed loop
	rounds           map[int]blockView // by round
}

// blockView is what comparisons need of a block.
type blockView struct {
	group  int
	values map[string]float64 // by metric; absent where the block does not carry it
}

// measure reads the blocks of the cell with this index.
func measure(r *bench.Result, cell int) (measurements, error) {
	m := measurements{errors: ErrorCounts{}, rounds: map[int]blockView{}}
	open := r.Plan.Cells[cell].Load.Kind == bench.Open
	for _, b := range r.Blocks {
		if b.Cell != cell {
			continue
		}
		m.count(b)
		first := len(m.response)
		for o, err := range r.Observations(b) {
			if err != nil {
				return measurements{}, err
			}
			if o.Err != "" {
				continue
			}
			m.response = append(m.response, int64(o.Response()))
			m.service = append(m.service, int64(o.Service()))
			if open {
				m.lag = append(m.lag, int64(o.Lag()))
			}
		}
		m.rounds[b.Round] = blockView{b.Group, blockValues(b, slices.Sorted(slices.Values(m.response[first:])))}
	}
	for _, v := range [][]int64{m.response, m.service, m.lag} {
		slices.Sort(v)
	}
	return m, nil
}

func (m *measurements) count(b bench.Block) {
	m.blocks++
	m.requests += b.Requests
	m.generatorNS += b.GeneratorNS
	m.lengthNS += b.LengthNS
	for class, n := range b.Errors {
		m.errors[class] += n
	}
	if b.Usage == nil {
		return
	}
	if m.usage == nil {
		m.usage = &bench.Usage{}
	}
	*m.usage = m.usage.Add(*b.Usage)
}

// blockValues works out the metrics of one block from its sorted response times. The median and the ninth decile of a
// block need no minimum of observations: it is the comparison over blocks that says how sure they are.
func blockValues(b bench.Block, sorted []int64) map[string]float64 {
	values := map[string]float64{}
	if len(sorted) == 0 {
		return values
	}
	values[MetricResponse] = float64(sorted[(len(sorted)-1)/2])
	values[MetricResponse90] = float64(sorted[(len(sorted)*9+9)/10-1])
	if b.LengthNS > 0 {
		values[MetricThroughput] = float64(len(sorted)) / b.Length().Seconds()
	}
	if b.Usage != nil && b.Usage.CPUNS() > 0 {
		values[MetricCPU] = float64(b.Usage.CPUNS()) / float64(b.Requests)
	}
	return values
}

// withoutObservations keeps what comparisons need, so that the memory of one cell is free for the next.
func (m measurements) withoutObservations() measurements {
	return measurements{blocks: m.blocks, rounds: m.rounds}
}

func (m measurements) cell(c bench.Cell) Cell {
	failed := bench.Block{Errors: m.errors}.Failed()
	cell := Cell{
		Cell: c, Blocks: m.blocks, Requests: m.requests, Errors: failed,
		Response: percentiles(m.response),
		Service:  percentiles(m.service),
		Lag:      LagQuantiles{P50: percentile(m.lag, 0.5), P99: percentile(m.lag, 0.99)},
		Phases:   []Phase{},
	}
	if failed > 0 {
		cell.ErrorsByClass = m.errors
	}
	if m.lengthNS > 0 {
		cell.ThroughputRPS = new(float64(m.requests-failed) / (float64(m.lengthNS) / 1e9))
	}
	if m.requests == 0 {
		return cell
	}
	n := float64(m.requests)
	cell.GeneratorCPU = new(m.generatorNS / int64(m.requests))
	if u := m.usage; u != nil {
		cell.CPUPerRequest = new(u.CPUNS() / int64(m.requests))
		cell.ProcessesPerRequest = new(float64(u.ProcessesStarted) / n)
		cell.ConnectionsPerRequest = new(float64(u.ConnectionsOpened) / n)
		cell.FaultsPerRequest = new(float64(u.MinorFaults+u.MajorFaults) / n)
		cell.PeakMemory = new(u.PeakMemoryBytes + u.ChildPeakMemoryBytes)
	}
	return cell
}

func percentiles(sorted []int64) Percentiles {
	p := Percentiles{P50: percentile(sorted, 0.5), P90: percentile(sorted, 0.9), P99: percentile(sorted, 0.99),
		P999: percentile(sorted, 0.999)}
	if n := len(sorted); n > 0 {
		p.Max = new(sorted[n-1]) // not its address, which would keep all of them
	}
	return p
}

func percentile(sorted []int64, p float64) *int64 {
	if v, ok := stats.Percentile(sorted, p); ok {
		return &v
	}
	return nil
}
