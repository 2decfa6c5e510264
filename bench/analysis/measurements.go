package analysis

import (
	"maps"
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/workload/contract"
)

// measurements is what the blocks of one cell hold.
type measurements struct {
	blocks, requests int
	errors           Counts
	logLines         []string           // each kind of line once
	readingNS        int64              // that a look at the usage costs
	rounds           map[int]*blockData // by round

	failures Failures // the errors in detail
}

// blockData is what is needed of a block: of its observations the response times, for a percentile of a cell is that of
// all its blocks, and which of them count is not known before all have been read.
type blockData struct {
	start        int
	reasons      []string           // why it is invalid, if it is
	phaseSamples []phaseSample      // what the server reported of some of its requests
	values       map[string]float64 // by metric; absent where the block does not carry it
	response     []int64            // ascending, of the observations that count
	inTurn       []int64            // the same in their order, if the requests alternated with those of other cells
	backlog      backlog            // of an open loop
	blockTotals
	blockCosts
}

// blockCosts is what the requests of one block, or of several, took of the machine.
type blockCosts struct {
	requests    int             // failed ones included
	usage       *contract.Usage // nil if the target did not report it
	database    *int64          // CPU time of its database server; nil if it has none, or that is not known
	generatorNS int64
}

// blockTotals is what one block's observations say. Those intended before the discard count for nothing.
type blockTotals struct {
	timeouts  int           // requests that took at least as long as recorded: timed out, or cut off
	responses int           // right ones
	inTime    int           // of them, before the planned end
	last      time.Duration // when the last of them was done
	latest    time.Duration // intended: an open loop of few requests goes on after its planned end
	span      time.Duration // in which the answers came that count
	busy      time.Duration // the sum of the response times of right ones
}

// inPercentiles reports whether percentiles include the observation: a right answer, or a request that timed out or was
// cut off, which took at least as long and is recorded at that.
func inPercentiles(o record.Observation, b record.Block) bool {
	return o.Intended >= time.Duration(b.DiscardNS) && (o.Err == "" || o.Err == record.ErrTimeout || o.CutOff())
}

// measure reads all blocks of a run, each by itself: what they share is for propagateInvalid.
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

// blocksOf lists the blocks of the cell with this index.
func blocksOf(r *record.Result, cell int) (found []record.Block) {
	for _, b := range r.Blocks {
		if b.Cell == cell {
			found = append(found, b)
		}
	}
	return found
}

// maxAllocated is for how many observations of a block room is made before they are read: that there are as many as its
// line says is known only then.
const maxAllocated = 1 << 16

// readCell reads the blocks of the cell with this index, one by one.
func readCell(r *record.Result, cell int, reading int64) (measurements, error) {
	m := measurements{readingNS: reading, errors: Counts{}, failures: Failures{}, rounds: map[int]*blockData{}}
	load := r.Plan.Cells[cell].Load
	length, _ := r.Plan.Length(r.Plan.Cells[cell])
	blocks := blocksOf(r, cell)
	alternates := r.Plan.Alternates(cell)
	var lag []int64 // of one block
	for _, b := range blocks {
		b.Usage = withoutReadCost(b.Usage, reading)
		m.add(b)
		view := &blockData{start: b.Start, response: make([]int64, 0, min(b.Requests, maxAllocated))}
		lag = lag[:0]
		phases := newPhaseSampler(b)
		for o, err := range r.Observations(b) {
			if err != nil {
				return measurements{}, err
			}
			if load.Kind == record.Open {
				view.backlog.add(o, length)
				if o.Intended >= time.Duration(b.DiscardNS) {
					lag = append(lag, int64(o.Lag()))
				}
			}
			if inPercentiles(o, b) {
				view.response = append(view.response, int64(o.Response()))
				phases.add(o)
			}
			if inPercentiles(o, b) || o.Err == "" && o.Done >= time.Duration(b.DiscardNS) {
				view.add(o, length)
			}
		}
		view.finish(b, load, length)
		if alternates {
			view.inTurn, view.span = slices.Clone(view.response), view.busy
		}
		slices.Sort(view.response)
		slices.Sort(lag)
		view.reasons = invalidReasons(r.Plan, b, view.backlog, lag, view.response)
		view.values = view.metrics(b, view.response)
		phases.metrics(view.values)
		phases.downsample(len(blocks))
		view.phaseSamples = phases.kept
		view.blockCosts = blockCosts{b.Requests, b.Usage, b.DatabaseNS, b.GeneratorNS}
		m.rounds[b.Round] = view
	}
	return m, nil
}

func (s *blockTotals) add(o record.Observation, length time.Duration) {
	if o.Err != "" {
		s.timeouts++
		return
	}
	s.responses++
	s.busy += o.Response()
	s.last, s.latest = max(s.last, o.Done), max(s.latest, o.Intended)
	if o.Done < length {
		s.inTime++
	}
}

// finish works out over which time the answers count. Of one client that is all, until its last answer. Of others those
// that came between the discard and the planned end: the ones that were under way at either end would be counted
// without the time that they took, or the time without them. In an open loop of so few requests that it goes on after
// its planned end it is all, until the last.
func (s *blockTotals) finish(b record.Block, l record.Load, length time.Duration) {
	discard := time.Duration(b.DiscardNS)
	switch {
	case l.Kind == record.Open && (s.latest >= length || s.inTime == 0):
		s.span = max(s.last, length) - discard
	case discard > 0 && s.inTime > 0:
		s.responses, s.span = s.inTime, length-discard
	default:
		s.span = s.last - discard
	}
}

func (s *blockTotals) merge(more blockTotals) {
	s.timeouts += more.timeouts
	s.responses += more.responses
	s.span += more.span
}

// throughput is the right answers a second; nil if there was no time for any.
func (s blockTotals) throughput() *float64 {
	if s.span <= 0 {
		return nil
	}
	return new(float64(s.responses) / s.span.Seconds())
}

// backlog is that of the cell's blocks that are compared.
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

// invalid is how many of the cell's blocks are.
func (m measurements) invalid() int {
	n := 0
	for _, b := range m.rounds {
		if len(b.reasons) > 0 {
			n++
		}
	}
	return n
}

// responses is the response times of the cell's blocks with valid times.
func (m measurements) responses() stats.Pool {
	var pool stats.Pool
	for _, round := range slices.Sorted(maps.Keys(m.rounds)) {
		if b := m.rounds[round]; !timesInvalid(b.reasons) {
			pool = append(pool, b.response)
		}
	}
	return pool
}

// pool reads the observations of the cell's blocks with valid times again, and brings a value of them together, sorted.
// It uses buf.
func (m measurements) pool(r *record.Result, cell int, value func(record.Observation) time.Duration,
	buf []int64) ([]int64, error) {
	buf = buf[:0]
	for _, b := range blocksOf(r, cell) {
		if timesInvalid(m.rounds[b.Round].reasons) {
			continue
		}
		for o, err := range r.Observations(b) {
			if err != nil {
				return nil, err
			}
			if inPercentiles(o, b) {
				buf = append(buf, int64(value(o)))
			}
		}
	}
	slices.Sort(buf)
	return buf, nil
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

// validCosts is those of the cell's blocks with valid times, over which its percentiles and its throughput are.
func (m measurements) validCosts() (sum blockCosts) {
	for _, b := range m.rounds {
		if !timesInvalid(b.reasons) {
			sum.merge(b.blockCosts)
		}
	}
	return sum
}

// metrics works out the metrics of one block; the response times are sorted. The median and the ninth decile of a block
// need no minimum of observations: it is the comparison over blocks that says how sure they are.
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

// cpuOf is the processor time of a target and of the database server that works for it; 0 if the target did not tell.
func cpuOf(u *contract.Usage, database *int64) int64 {
	switch {
	case u == nil:
		return 0
	case database == nil:
		return u.CPUNS()
	}
	return u.CPUNS() + *database
}

// cell says what was seen of the cell with this index. In an open loop one buffer serves for one kind of value after
// the other: the observations of a long run are what takes memory.
func (m measurements) cell(r *record.Result, index int) (Cell, error) {
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
	responses := m.responses()
	c.Response = percentiles(responses, valid.timeouts)
	c.Histogram = histogram(responses)
	c.Distribution = distribution(responses)
	c.Samples = m.samples()
	c.Service = c.Response // which it is in a closed loop: a request is intended when it is sent
	if c.Load.Kind != record.Open {
		return c, nil
	}
	values, err := m.pool(r, index, record.Observation.Service, make([]int64, 0, m.requests))
	if err != nil {
		return Cell{}, err
	}
	c.Service = percentiles(stats.Pool{values}, valid.timeouts)
	if values, err = m.pool(r, index, record.Observation.Lag, values); err != nil {
		return Cell{}, err
	}
	c.Lag = LagQuantiles{P50: percentile(stats.Pool{values}, 0.5), P99: percentile(stats.Pool{values}, 0.99)}
	return c, nil
}

// totals fills in how much was measured, and how much of it is invalid.
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

// costs fills in what a request took of the machine.
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
	c.FaultsPerRequest = new(float64(u.MinorFaults+u.MajorFaults) / n)
	if u.EndedFaults == 0 { // else processes ended that may not have been counted
		c.ProcessesPerRequest = new(float64(u.ProcessesStarted) / n)
	}
	if !u.Observed {
		c.ConnectionsPerRequest = new(float64(u.ConnectionsOpened) / n)
		c.ChildrenCPU = new(u.ChildrenCPUNS / int64(valid.requests))
	}
}
