package analysis

import (
	"cmp"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/workload/contract"
)

// measurements holds the data of the blocks of one cell.
type measurements struct {
	blocks, requests int
	errors           Counts
	logLines         []string           // each kind of line once
	readingNS        int64              // cost of reading the usage
	rounds           map[int]*blockData // blocks by round

	failures Failures // details of the errors
}

// blockData holds the data of a block that the analysis needs. It keeps all response times, because percentiles of a
// cell are over all its valid blocks, and which of them are valid is only known after all have been read.
type blockData struct {
	start        int
	reasons      []string           // why it is invalid; empty if it is valid
	slow         []int              // indexes of the generators, or parts, that could not keep up
	phaseSamples []phaseSample      // phases that the server reported for some of its requests
	values       map[string]float64 // values by metric; absent if the block has no value
	response     stats.Sorted       // response times that count, in nanoseconds
	service, lag stats.Sorted       // service times and lags of the same requests, in an open loop
	inTurn       []int64            // response in order of time, if the requests alternated with those of other cells
	backlog      backlog            // backlog of an open loop
	blockTotals
	blockCosts
}

// blockCosts is the cost of the requests of one or several blocks.
type blockCosts struct {
	requests    int             // including failed requests
	usage       *contract.Usage // nil if the target did not report it
	database    *int64          // CPU time of the database server in nanoseconds; nil if there is none or it is unknown
	generatorNS int64           // CPU time of the load generator
}

// inPercentiles reports whether percentiles include the observation: a correct response, or a request that timed out or
// was cut off, whose recorded time is a lower bound.
func inPercentiles(o record.Observation, b record.Block) bool {
	return o.Intended >= time.Duration(b.DiscardNS) && (o.Err == "" || o.Err == record.ErrTimeout || o.CutOff())
}

// measure reads all blocks of a run. It judges the validity of each block on its own; see propagateInvalid.
func measure(r *record.Result) ([]measurements, error) {
	measured := make([]measurements, len(r.Plan.Cells))
	reading := usageReadCosts(r)
	for i, c := range r.Plan.Cells {
		var err error
		if measured[i], err = readCell(r, i, reading[targetKey{c.Workload, c.Model}]); err != nil {
			return nil, err
		}
	}
	return measured, nil
}

// blocksOf returns the blocks of the cell with this index.
func blocksOf(r *record.Result, cell int) (found []record.Block) {
	for _, b := range r.Blocks {
		if b.Cell == cell {
			found = append(found, b)
		}
	}
	return found
}

// maxAllocated is the largest number of observations for which memory is allocated before a block is read, because its
// recorded number of requests may be wrong.
const maxAllocated = 1 << 16

// readCell reads the blocks of the cell with this index.
func readCell(r *record.Result, cell int, reading int64) (measurements, error) {
	m := measurements{readingNS: reading, errors: Counts{}, failures: Failures{}, rounds: map[int]*blockData{}}
	blocks := blocksOf(r, cell)
	views, err := readBlocks(r, cell, blocks, reading)
	for i, b := range blocks {
		if err != nil {
			return measurements{}, err
		}
		m.add(b)
		m.rounds[b.Round] = views[i]
	}
	return m, err
}

// fewBlocks is the number of blocks up to which they are read one by one: a run in progress reads its latest ones.
const fewBlocks = 16

// readBlocks reads the blocks of a cell, on all processors.
func readBlocks(r *record.Result, cell int, blocks []record.Block, reading int64) ([]*blockData, error) {
	views, errs := make([]*blockData, len(blocks)), make([]error, len(blocks))
	read := blockReader{r: r, cell: cell, blocks: len(blocks), reading: reading, alternates: r.Plan.Alternates(cell)}
	workers := 1
	if len(blocks) > fewBlocks {
		workers = runtime.GOMAXPROCS(0)
	}
	var next atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(blocks); i = int(next.Add(1)) - 1 {
				if views[i], errs[i] = read.block(blocks[i]); errs[i] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return views, cmp.Or(errs...)
}

// A blockReader reads the blocks of a cell.
type blockReader struct {
	r          *record.Result
	cell       int
	blocks     int   // number of blocks of the cell
	reading    int64 // cost of reading the usage
	alternates bool  // requests alternate with those of other cells
}

// block reads a block.
func (m blockReader) block(b record.Block) (*blockData, error) {
	load := loadOf(m.r.Plan, m.cell)
	length, _ := m.r.Plan.Length(m.r.Plan.Cells[m.cell])
	arrivals := m.r.Plan.Duration(m.r.Plan.Cells[m.cell]) // how long requests of an open loop arrive
	b.Usage = withoutReadCost(b.Usage, m.reading)
	view := &blockData{start: b.Start}
	response := make([]int64, 0, min(b.Requests, maxAllocated))
	var service, lag []int64
	var arrived []arrival
	var last time.Duration // when the last request of an open loop was due
	var sent lags
	phases := newPhaseSampler(m.r.Plan, b)
	for o, err := range m.r.Observations(b) {
		if err != nil {
			return nil, err
		}
		counts := inPercentiles(o, b)
		if load.Kind == record.Open {
			view.backlog.add(o, arrivals)
			last = max(last, o.Intended)
			sent.add(o, b)
			if counts {
				service, lag = append(service, int64(o.Service())), append(lag, int64(o.Lag()))
				arrived = append(arrived, arrival{o.Intended, o.Done})
			}
		}
		if counts {
			response = append(response, int64(o.Response()))
			phases.add(o)
		}
		if counts || load.Kind == record.Open || o.Done >= time.Duration(b.DiscardNS) {
			view.add(o, length, counts)
		}
		if o.Intended >= time.Duration(b.DiscardNS) {
			view.busy += max(o.Response(), 0)
		}
	}
	if load.Kind == record.Open {
		view.span = openSpan(load, b.Requests, length, last, partsOf(m.r.Plan), arrived)
	} else {
		view.finish(b, load, length)
	}
	if m.alternates {
		view.inTurn, view.span = slices.Clone(response), view.busy
	}
	view.response, view.service, view.lag = stats.NewSorted(response), stats.NewSorted(service), stats.NewSorted(lag)
	view.reasons, view.slow = invalidReasons(m.r, b, view.backlog, sent, response)
	view.values = view.metrics(b, response)
	phases.metrics(view.values)
	phases.downsample(m.blocks)
	view.phaseSamples = phases.kept
	view.blockCosts = blockCosts{b.Requests, b.Usage, b.DatabaseNS, b.GeneratorNS}
	return view, nil
}

// backlog returns the backlog of the cell's valid blocks.
func (m measurements) backlog() backlog {
	var sum backlog
	m.addBacklog(&sum)
	return sum
}

func (m measurements) addBacklog(sum *backlog) {
	for _, b := range m.rounds {
		if len(b.reasons) == 0 {
			sum.merge(b.backlog)
		}
	}
}

// invalid returns the number of the cell's invalid blocks.
func (m measurements) invalid() int {
	n := 0
	for _, b := range m.rounds {
		if len(b.reasons) > 0 {
			n++
		}
	}
	return n
}

// pool returns a kind of values of the cell's blocks with valid times, such as the response times.
func (m measurements) pool(values func(*blockData) stats.Sorted) stats.Pool {
	var pool stats.Pool
	for _, round := range slices.Sorted(maps.Keys(m.rounds)) {
		if b := m.rounds[round]; !timesInvalid(b.reasons) {
			pool = append(pool, values(b))
		}
	}
	return pool
}

func (m *measurements) add(b record.Block) {
	m.blocks++
	m.failures.Merge(b.Failures, m.requests)
	m.requests += b.Requests
	addCounts(m.errors, b.Errors)
	m.logLines = record.MergeLogLines(m.logLines, b.LogLines)
}

func (s *blockCosts) merge(more blockCosts) {
	s.requests += more.requests
	s.generatorNS += more.generatorNS
	if more.database != nil {
		if s.database == nil {
			s.database = new(int64)
		}
		*s.database += *more.database
	}
	if more.usage != nil {
		if s.usage == nil {
			s.usage = &contract.Usage{}
		}
		*s.usage = s.usage.Add(*more.usage)
	}
}

// reportsUsage reports whether the cell's target reported its usage in any block.
func (m measurements) reportsUsage() bool {
	for _, b := range m.rounds {
		if b.usage != nil {
			return true
		}
	}
	return false
}

// validCosts returns the costs of the cell's blocks with valid times, as for its percentiles and its throughput.
func (m measurements) validCosts() (sum blockCosts) {
	for _, b := range m.rounds {
		if !timesInvalid(b.reasons) {
			sum.merge(b.blockCosts)
		}
	}
	return sum
}

// metrics returns the metrics of one block; response is sorted. The median and the p90 of a block need no minimum
// number of observations, because the comparison over blocks gives their uncertainty.
func (s blockTotals) metrics(b record.Block, response []int64) map[string]float64 {
	values := map[string]float64{}
	if len(response) == 0 {
		return values
	}
	values[MetricResponse] = float64(nearestRank(response, 0.5))
	values[MetricResponse90] = float64(nearestRank(response, 0.9))
	if t := s.throughput(); t != nil {
		values[MetricThroughput] = *t
	}
	if cpu := cpuOf(b.Usage, b.DatabaseNS); cpu > 0 {
		values[MetricCPU] = float64(cpu) / float64(b.Requests)
	}
	if b.Usage != nil && !b.Usage.External {
		values[MetricFaults] = float64(b.Usage.MinorFaults+b.Usage.MajorFaults) / float64(b.Requests)
	}
	return values
}

// cpuOf returns the CPU time of a target and its database server in nanoseconds; 0 if the target did not report it.
func cpuOf(u *contract.Usage, database *int64) int64 {
	switch {
	case u == nil:
		return 0
	case database == nil:
		return u.CPUNS()
	}
	return u.CPUNS() + *database
}

// cell returns the results of the cell with this index.
func (m measurements) cell(r *record.Result, index int) Cell {
	c := Cell{Cell: r.Plan.Cells[index], Phases: m.phases()}
	m.totals(&c)
	m.costs(&c)
	var valid blockTotals
	for _, b := range m.rounds {
		if !timesInvalid(b.reasons) {
			valid.merge(b.blockTotals)
		}
	}
	c.ThroughputRPS = valid.throughput()
	if c.Load.Kind == record.Open {
		b := m.backlog()
		c.ReachedShare, c.Overloaded = b.reached(), b.overloaded()
	}
	responses := m.pool(func(b *blockData) stats.Sorted { return b.response })
	c.Response = percentiles(responses, valid.timeouts)
	c.Histogram = histogram(responses)
	c.Distribution = distribution(responses)
	c.Samples = m.samples()
	c.Service = c.Response // equal in a closed loop, where a request is intended when it is sent
	if c.Load.Kind != record.Open {
		return c
	}
	c.Service = percentiles(m.pool(func(b *blockData) stats.Sorted { return b.service }), valid.timeouts)
	lag := m.pool(func(b *blockData) stats.Sorted { return b.lag })
	c.Lag = LagQuantiles{P50: percentile(lag, 0.5), P99: percentile(lag, 0.99)}
	return c
}

// totals sets the numbers of blocks and requests, and how many of them are invalid or failed.
func (m measurements) totals(c *Cell) {
	c.Blocks, c.Requests = m.blocks, m.requests
	c.Errors = record.Block{Errors: m.errors}.Failed()
	if c.Errors > 0 {
		c.ErrorsByClass, c.Failures, c.LogLines = m.errors, m.failures, m.logLines
	}
	c.InvalidBlocks = m.invalid()
	for _, b := range m.rounds {
		for _, reason := range b.reasons {
			if c.Invalid == nil {
				c.Invalid = Counts{}
			}
			c.Invalid[reason]++
		}
	}
}

// costs sets the costs of a request.
func (m measurements) costs(c *Cell) {
	valid := m.validCosts()
	if valid.requests == 0 {
		return
	}
	c.GeneratorCPU = new(valid.generatorCPU())
	u := valid.usage
	if u == nil {
		return
	}
	n := float64(valid.requests)
	c.UsageReadCPU = new(m.readingNS)
	c.CPUPerRequest, c.CPUResolution = new(cpuOf(u, valid.database)/int64(valid.requests)), u.CPUResolutionNS
	if valid.database != nil {
		c.DatabaseCPU = new(max(*valid.database, 0) / int64(valid.requests))
	}
	if u.External {
		return
	}
	c.PeakMemory = new(u.PeakMemoryBytes + u.ChildPeakMemoryBytes)
	if m, _ := contract.ModelNamed(c.Model); m.Host == contract.HostWasm {
		c.PeakMemory = new(u.PeakMemoryBytes) // instances are a part of the process
	}
	c.FaultsPerRequest = new(float64(u.MinorFaults+u.MajorFaults) / n)
	if u.EndedFaults == 0 { // otherwise, processes may have ended without being counted
		c.ProcessesPerRequest = new(float64(u.ProcessesStarted) / n)
	}
	if !u.Observed {
		c.ConnectionsPerRequest = new(float64(u.ConnectionsOpened) / n)
		c.ChildrenCPU = new(u.ChildrenCPUNS / int64(valid.requests))
	}
}
