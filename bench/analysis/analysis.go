package analysis

import (
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/record"
)

// An Analysis holds the results of a run. Its JSON is the format "json", schema 2: times are integer nanoseconds, sizes
// bytes, rates per second. Values that the data do not support are null.
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
	Recycling   []Recycling        `json:"recycling,omitempty"`
	Sharing     []Sharing          `json:"sharing,omitempty"`
	CrossChecks []CrossCheck       `json:"cross_check"`
	Knees       []Knee             `json:"knees"`
	Check       *Check             `json:"check,omitempty"` // result of forktax check
	Warnings    []Warning          `json:"warnings"`
}

// Run identifies a run and its settings.
type Run struct {
	ID               string            `json:"id"`
	Started          time.Time         `json:"started"`
	Seconds          float64           `json:"seconds"`
	Seed             uint64            `json:"seed"`
	Complete         bool              `json:"complete"`
	Condition        string            `json:"condition,omitempty"` // why the run is not complete
	Version          string            `json:"version"`
	Baseline         string            `json:"baseline"`
	Variants         []record.Variant  `json:"variants,omitempty"` // variants that are compared instead of models
	Hosts            map[string]string `json:"hosts,omitempty"`    // what started a process for each request, by model
	Floor            string            `json:"floor,omitempty"`    // workload of the smallest program
	CrossCheckEngine string            `json:"cross_check_engine,omitempty"`
	Control          string            `json:"control,omitempty"` // variant that a check must find to be slower
	Rounds           int               `json:"rounds"`            // number of planned rounds; 0 if a time was planned
	Starts           int               `json:"starts"`            // how often the targets were started and measured
	Blocks           *BlockRule        `json:"block_rule"`        // nil if an older forktax wrote it
	Suite            *record.SuiteInfo `json:"suite,omitempty"`   // nil if it is not a run of a suite
	Env              map[string]string `json:"env,omitempty"`     // values of --env by name, as hashes
	IgnoreHeaders    []string          `json:"ignore_headers"`    // of responses; nil if an older forktax wrote it
	Servers          []record.Server   `json:"servers,omitempty"` // external servers and servers started by a command
	Pin              map[string]string `json:"pin,omitempty"`     // cores of the generator and the targets
	Parts            []record.PartRun  `json:"parts,omitempty"`   // parts of a merged run, by number
	StealShare       *float64          `json:"steal_share"`       // of CPU time, taken by the hypervisor; nil if unknown
}

// condition returns why the run is not complete, in one line.
func (r Run) condition() string { return strings.ReplaceAll(r.Condition, "\n", "; ") }

// A Cell holds the results of one cell of the plan, over all its blocks.
type Cell struct {
	record.Cell
	Blocks                int          `json:"blocks"`
	Requests              int          `json:"requests"` // including failed requests
	Errors                int          `json:"errors"`
	ErrorsByClass         Counts       `json:"errors_by_class,omitempty"`
	Failures              Failures     `json:"failures,omitempty"` // details of errors; nil if an older forktax wrote it
	LogLines              []string     `json:"log,omitempty"`      // logged by the target then, each kind of line once
	Starts                Counts       `json:"starts,omitempty"`   // starts of a persistent target by class: see Flat
	InvalidBlocks         int          `json:"invalid_blocks"`
	Invalid               Counts       `json:"invalid,omitempty"` // invalid blocks by reason; a block may have several
	Response              Percentiles  `json:"response_ns"`
	Service               Percentiles  `json:"service_ns"`
	ThroughputRPS         *float64     `json:"throughput_rps"`          // correct responses per second
	ReachedShare          *float64     `json:"reached_share,omitempty"` // open loop: finished requests per arrived request
	Overloaded            bool         `json:"overloaded,omitempty"`    // the share is too small: see LeastReached
	Lag                   LagQuantiles `json:"lag_ns"`                  // null in a closed loop, which has no lag
	CPUPerRequest         *int64       `json:"cpu_ns_per_request"`
	ChildrenCPU           *int64       `json:"children_cpu_ns_per_request"` // part of it in child processes
	DatabaseCPU           *int64       `json:"database_cpu_ns_per_request"` // part of it in the database server, if known
	CPUResolution         int64        `json:"cpu_resolution_ns,omitempty"` // bounds the error of the CPU time of a block
	UsageReadCPU          *int64       `json:"usage_reading_ns"`            // for reading the usage, subtracted per block
	GeneratorCPU          *int64       `json:"generator_cpu_ns_per_request"`
	ProcessesPerRequest   *float64     `json:"processes_per_request"`
	ConnectionsPerRequest *float64     `json:"connections_per_request"`
	FaultsPerRequest      *float64     `json:"page_faults_per_request"`
	PeakMemory            *int64       `json:"peak_memory_bytes"` // peak of the serving process and its largest child
	Phases                []Phase      `json:"phases"`
	Distribution          Distribution `json:"distribution"` // distribution of the response times

	// Waits for a CPU; nil if unknown.
	GeneratorQueue *int64   `json:"generator_run_queue_ns_per_request,omitempty"` // summed over the generator's threads
	ServerQueue    *int64   `json:"server_run_queue_ns_per_request,omitempty"`    // of the server, without later children
	ThrottledShare *float64 `json:"throttled_share,omitempty"`                    // throttled time over the blocks' time

	Histogram *hdrhistogram.Histogram `json:"-"` // response times in nanoseconds
	Samples   []Sample                `json:"-"` // valid blocks of the cell, in order
}

// A Sample holds the metrics of one block. An analysis that was read from its JSON has none.
type Sample struct {
	Round    int
	Start    int                // index of the start of the targets
	Requests int                // requests whose response times count
	Metrics  map[string]float64 // values by metric, in nanoseconds or per second; absent if the block has no value
}

// Counts are numbers by kind.
type Counts = record.Counts

// Failures are the details of failed requests, by class.
type Failures = record.Failures

// Percentiles are exact nearest ranks in nanoseconds, over all correct responses and timed-out requests of a cell's
// blocks with valid times; nil if there are too few.
type Percentiles struct {
	P50  *int64 `json:"p50"`
	P90  *int64 `json:"p90"`
	P99  *int64 `json:"p99"`
	P999 *int64 `json:"p999"`
	Max  *int64 `json:"max"`
	// AtLeast names the percentiles that are lower bounds because they fall on requests that timed out.
	AtLeast []string `json:"at_least,omitempty"`
}

// LagQuantiles are percentiles of how late the generator sent requests, in nanoseconds.
type LagQuantiles struct {
	P50 *int64 `json:"p50"`
	P99 *int64 `json:"p99"`
}

// A Phase is a part of the time of a request: the median over the responses that reported it.
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
	MetricFaults     = "page_faults" // per request; gates only
)

// Units of an interval, which are assumed to be independent.
const (
	OverPairs  = "pairs"  // pairs of blocks; if starts differ, the interval may be too narrow with too few starts
	OverStarts = "starts" // starts of the targets, if this gives the wider interval
)

// A Comparison is the cost of a model relative to the baseline, or of a program relative to the floor, by one metric.
// Blocks is the number of rounds in which both were measured. Bounds are nil if there were too few. Response times are
// not compared if one side was overloaded, and p99 only if the data support an interval.
type Comparison struct {
	Workload       string      `json:"workload"`
	Request        string      `json:"request"`
	Engine         string      `json:"engine"`
	Load           record.Load `json:"load"`
	Metric         string      `json:"metric"`
	Unit           string      `json:"unit"` // unit of the difference: "ns" or "1/s"
	Baseline       string      `json:"baseline"`
	Candidate      string      `json:"candidate"`
	Ratio          float64     `json:"ratio"` // candidate over baseline
	RatioLow       *float64    `json:"ratio_low"`
	RatioHigh      *float64    `json:"ratio_high"`
	Difference     float64     `json:"difference"` // candidate minus baseline
	DifferenceLow  *float64    `json:"difference_low"`
	DifferenceHigh *float64    `json:"difference_high"`
	Confidence     *float64    `json:"confidence"` // confidence level of the intervals
	Blocks         int         `json:"blocks"`
	Starts         int         `json:"starts"`                  // starts of the targets during these blocks
	Over           string      `json:"interval_over,omitempty"` // units of the ratio's interval: OverPairs or OverStarts
	Widened        bool        `json:"widened"`                 // over starts, by more than a factor of 1.5
	MDE            *float64    `json:"mde"`                     // smallest detectable change; 0.02 is 2%
}

// A BlockRule says how long blocks are. Medians of blocks of other lengths cannot be compared: that of two requests is
// the shorter of them.
type BlockRule struct {
	LengthNS    int64 `json:"length_ns"` // 0: chosen by the load
	MinRequests int   `json:"min_requests"`
	Alternating bool  `json:"alternating"` // requests of cells that differ only in the model alternate
}

// A Warning is a limitation that a reader must know before relying on a number. There is one of each kind, and one of
// each trap of each model.
type Warning struct {
	Code   string   `json:"code"`
	Cell   string   `json:"cell"`            // affected cell; "" if there is not exactly one
	Cells  []string `json:"cells,omitempty"` // affected cells, if there are several
	Text   string   `json:"text"`
	Advice string   `json:"advice"`
	Trap   bool     `json:"trap,omitempty"`  // numbers mean something other than they seem to
	Model  string   `json:"model,omitempty"` // the model with the trap
}

// A CrossCheck compares the results of two engines for a cell: the run's own engine and the cross-check's.
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
	Cause            string      `json:"cause,omitempty"` // Why in a few words; "" if they agree
}
