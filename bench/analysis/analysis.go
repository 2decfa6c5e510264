package analysis

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/record"
)

// An Analysis is what a run says. Its JSON is the format "json", schema 2: times are integer nanoseconds, sizes bytes,
// rates per second, and what the data cannot carry is null.
type Analysis struct {
	Schema      int                `json:"schema"`
	Run         Run                `json:"run"`
	Environment record.Environment `json:"environment"`
	Responses   []Response         `json:"responses"`
	Cells       []Cell             `json:"cells"`
	Comparisons []Comparison       `json:"comparisons"`
	ReuseLevels []ReuseLevels      `json:"reuse_levels"`
	WarmUps     []WarmUp           `json:"warm_up"`
	StartUps    []StartUp          `json:"start_up"`
	ColdStarts  []ColdStart        `json:"cold_starts,omitempty"`
	Decisions   []Decision         `json:"decisions"`
	CrossChecks []CrossCheck       `json:"cross_check"`
	Knees       []Knee             `json:"knees"`
	Check       *Check             `json:"check,omitempty"` // of a run that was made to decide
	Warnings    []Warning          `json:"warnings"`
}

// Run says which run it was.
type Run struct {
	ID               string            `json:"id"`
	Started          time.Time         `json:"started"`
	Seconds          float64           `json:"seconds"`
	Seed             uint64            `json:"seed"`
	Complete         bool              `json:"complete"`
	Condition        string            `json:"condition,omitempty"` // why it is not complete
	Version          string            `json:"version"`
	Baseline         string            `json:"baseline"`
	Variants         []record.Variant  `json:"variants,omitempty"` // that stand in the place of models
	Floor            string            `json:"floor,omitempty"`    // the workload that is the smallest program
	CrossCheckEngine string            `json:"cross_check_engine,omitempty"`
	Control          string            `json:"control,omitempty"` // the variant that a check must find to be slower
	Rounds           int               `json:"rounds"`            // planned; 0 if the time was
	Starts           int               `json:"starts"`            // how often the targets were started and measured
	Suite            *record.SuiteInfo `json:"suite,omitempty"`   // of what others wrote, if it is one
	Env              map[string]string `json:"env,omitempty"`     // of programs, as the user said: hashes of the values
	IgnoreHeaders    []string          `json:"ignore_headers"`    // of responses; nil if an older forktax wrote it
	Servers          []record.Server   `json:"servers,omitempty"` // external ones, and those that a command started
	StealShare       *float64          `json:"steal_share"`       // of its CPU time, taken by the hypervisor; nil if unknown
}

// A Cell is what was seen of one cell of the plan, over all its blocks.
type Cell struct {
	record.Cell
	Blocks                int          `json:"blocks"`
	Requests              int          `json:"requests"` // failed ones included
	Errors                int          `json:"errors"`
	ErrorsByClass         Counts       `json:"errors_by_class,omitempty"`
	Failures              Failures     `json:"failures,omitempty"` // the same in detail; nil if an older forktax recorded it
	LogLines              []string     `json:"log,omitempty"`      // that the target logged then, each kind of line once
	Starts                Counts       `json:"starts,omitempty"`   // by class, of a target that stays: see Flat
	InvalidBlocks         int          `json:"invalid_blocks"`
	Invalid               Counts       `json:"invalid,omitempty"` // blocks by reason; one may have several
	Response              Percentiles  `json:"response_ns"`
	Service               Percentiles  `json:"service_ns"`
	ThroughputRPS         *float64     `json:"throughput_rps"`          // right answers
	ReachedShare          *float64     `json:"reached_share,omitempty"` // open loop: requests that left for each that came
	Overloaded            bool         `json:"overloaded,omitempty"`    // too few for response times to be its own
	Lag                   LagQuantiles `json:"lag_ns"`                  // null in a closed loop, which has none
	CPUPerRequest         *int64       `json:"cpu_ns_per_request"`
	ChildrenCPU           *int64       `json:"children_cpu_ns_per_request"` // the part of it that is of child processes
	DatabaseCPU           *int64       `json:"database_cpu_ns_per_request"` // and of its database server, if known
	CPUResolution         int64        `json:"cpu_resolution_ns,omitempty"` // bounds the error of the CPU time of a block
	UsageReadCPU          *int64       `json:"usage_reading_ns"`            // of a look at the usage, taken off each block
	GeneratorCPU          *int64       `json:"generator_cpu_ns_per_request"`
	ProcessesPerRequest   *float64     `json:"processes_per_request"`
	ConnectionsPerRequest *float64     `json:"connections_per_request"`
	FaultsPerRequest      *float64     `json:"page_faults_per_request"`
	PeakMemory            *int64       `json:"peak_memory_bytes"` // of the serving process and of its largest child
	Phases                []Phase      `json:"phases"`
	Distribution          Distribution `json:"distribution"` // of the response times

	// Waits for a CPU; nil if they are not known.
	GeneratorQueue *int64   `json:"generator_run_queue_ns_per_request,omitempty"` // of the generator's threads, added up
	ServerQueue    *int64   `json:"server_run_queue_ns_per_request,omitempty"`    // of the server's, without later children
	ThrottledShare *float64 `json:"throttled_share,omitempty"`                    // held up by a limit, over the time of blocks

	Histogram *hdrhistogram.Histogram `json:"-"` // of the response times in nanoseconds
	Samples   []Sample                `json:"-"` // of its blocks that are fit to be compared, in their order
}

// A Sample is what one block says. An analysis that was read from its JSON has none.
type Sample struct {
	Round    int
	Start    int                // which start of the targets it met
	Requests int                // whose response times count
	Metrics  map[string]float64 // by name, nanoseconds or a second; absent where the block does not carry it
}

// Counts is how many there were of each kind.
type Counts = record.Counts

// Failures are what is known of failed requests, by class.
type Failures = record.Failures

// Percentiles are exact nearest ranks in nanoseconds over all right answers of a cell's blocks with valid times, and
// over the requests that timed out; nil where there are too few.
type Percentiles struct {
	P50  *int64 `json:"p50"`
	P90  *int64 `json:"p90"`
	P99  *int64 `json:"p99"`
	P999 *int64 `json:"p999"`
	Max  *int64 `json:"max"`
	// AtLeast names those that fall on requests which timed out: they would have taken at least as long.
	AtLeast []string `json:"at_least,omitempty"`
}

// LagQuantiles say how much too late the generator sent, in nanoseconds.
type LagQuantiles struct {
	P50 *int64 `json:"p50"`
	P99 *int64 `json:"p99"`
}

// A Phase is a part of the time of a request, its median over the answers that reported it.
type Phase struct {
	Name string `json:"name"`
	NS   int64  `json:"ns"`
}

// Metrics that are compared.
const (
	MetricResponse   = "response_p50"
	MetricResponse90 = "response_p90"
	MetricResponse99 = "response_p99"
	MetricThroughput = "throughput"
	MetricCPU        = "cpu_per_request"
	MetricFaults     = "page_faults" // a request; gates only
)

// What an interval is over: which units it takes for independent.
const (
	OverPairs  = "pairs"  // of blocks; not known to hold if starts differ, where there were too few starts
	OverStarts = "starts" // of the targets, each by its own estimate: which gives the wider interval
)

// A Comparison says what a model costs over the baseline, or a program over the floor, by one metric. The unit of it
// is the round, in which both were visited: Blocks says how many there were of each. Bounds are nil where there were
// too few. There is none of response times if a side was overloaded, nor of p99 if the data cannot carry its interval.
type Comparison struct {
	Workload       string      `json:"workload"`
	Request        string      `json:"request"`
	Engine         string      `json:"engine"`
	Load           record.Load `json:"load"`
	Metric         string      `json:"metric"`
	Unit           string      `json:"unit"` // of the difference: "ns" or "1/s"
	Baseline       string      `json:"baseline"`
	Candidate      string      `json:"candidate"`
	Ratio          float64     `json:"ratio"` // candidate over baseline
	RatioLow       *float64    `json:"ratio_low"`
	RatioHigh      *float64    `json:"ratio_high"`
	Difference     float64     `json:"difference"` // candidate minus baseline
	DifferenceLow  *float64    `json:"difference_low"`
	DifferenceHigh *float64    `json:"difference_high"`
	Confidence     *float64    `json:"confidence"` // of the intervals
	Blocks         int         `json:"blocks"`
	Starts         int         `json:"starts"`                  // of the targets, from which the blocks are
	Over           string      `json:"interval_over,omitempty"` // of the ratio: OverPairs or OverStarts
	Widened        bool        `json:"widened"`                 // over starts, beyond 1.5 times
	MDE            *float64    `json:"mde"`                     // the smallest change it would have found; 0.02 is 2 %
}

// A Warning is something that a reader must know before believing a number. There is one of a kind, and one of each trap
// of each model.
type Warning struct {
	Code   string   `json:"code"`
	Cell   string   `json:"cell"`            // that it is about; "" if it is not about one
	Cells  []string `json:"cells,omitempty"` // that it is about, if they are several
	Text   string   `json:"text"`
	Advice string   `json:"advice"`
	Trap   bool     `json:"trap,omitempty"`  // numbers say something else than they seem to
	Model  string   `json:"model,omitempty"` // that has the trap
}

// A CrossCheck says how far two engines agree on a cell: the run's own, and that of the cross-check.
type CrossCheck struct {
	Workload         string      `json:"workload"`
	Request          string      `json:"request"`
	Model            string      `json:"model"`
	Load             record.Load `json:"load"`
	Engine           string      `json:"engine"`
	CrossCheckEngine string      `json:"cross_check_engine"`
	Blocks           int         `json:"blocks"`
	MedianRatio      float64     `json:"median_ratio"`     // the cross-check's over the engine's
	ThroughputRatio  float64     `json:"throughput_ratio"` // likewise
	EngineCPU        int64       `json:"engine_cpu_ns_per_request"`
	CrossCheckCPU    int64       `json:"cross_check_cpu_ns_per_request"`
	Why              string      `json:"reason"`
}
