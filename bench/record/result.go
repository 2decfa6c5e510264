package record

import (
	"iter"
	"time"

	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/workload/contract"
)

// A Head is the first line of a record, written when the run begins.
type Head struct {
	Schema      int         `json:"schema"`
	ID          string      `json:"id"`
	Started     time.Time   `json:"started"`
	Version     string      `json:"version"` // version of forktax
	Plan        plan.Plan   `json:"plan"`
	Environment Environment `json:"environment"`
	// Hosts are what started a process for each request, by model or variant; nil in records of an older forktax.
	Hosts map[string]string `json:"hosts,omitempty"`
	Parts []PartRun         `json:"parts,omitempty"` // parts of a merged run, by number
}

// A Block is one visit to one cell, the unit of measurement. Times are in ns.
type Block struct {
	Cell         int             `json:"cell"` // index in the plan
	Round        int             `json:"round"`
	Start        int             `json:"start"`    // index of the start of the targets
	BeganNS      int64           `json:"start_ns"` // time since the run began
	LengthNS     int64           `json:"length_ns"`
	WarmUp       bool            `json:"warm_up,omitempty"`         // part of a warm-up, which is not evaluated
	Shared       bool            `json:"shared,omitempty"`          // generator and targets shared the cores, see plan.Pin
	Overtime     bool            `json:"overtime,omitempty"`        // the start confirms an alarm after the budget
	DiscardNS    int64           `json:"discard_ns,omitempty"`      // earlier intended observations are not evaluated
	Requests     int             `json:"requests"`                  // observations, failed ones included
	Errors       map[string]int  `json:"errors,omitempty"`          // failed requests by class
	Failures     Failures        `json:"failures,omitempty"`        // details of Errors; nil in older records
	LogLines     []string        `json:"log,omitempty"`             // deduplicated log of the target, if a request failed
	Usage        *contract.Usage `json:"usage,omitempty"`           // usage of the target in this block; nil if unknown
	DatabaseNS   *int64          `json:"database_cpu_ns,omitempty"` // CPU time of the database server; nil if unknown
	IdleNS       int64           `json:"idle_ns,omitempty"`         // time since the target's previous block in this start
	IdleCPUNS    int64           `json:"idle_cpu_ns,omitempty"`     // CPU time of the target during IdleNS
	ReadingNS    *int64          `json:"reading_cpu_ns,omitempty"`  // CPU time of the target for a reading of its usage
	GeneratorNS  int64           `json:"generator_cpu_ns"`          // CPU time of the harness
	Collections  int             `json:"collections"`               // garbage collections of the harness
	Machine      Counters        `json:"machine"`                   // change since the previous block
	Observations Span            `json:"observations"`
	Parts        []BlockPart     `json:"parts,omitempty"` // shares of the parts, in a merged run

	// GeneratorWait is the CPU wait of the harness's process. TargetWait is the CPU wait of the target's processes.
	GeneratorWait CPUWait `json:"generator_wait,omitzero"`
	TargetWait    CPUWait `json:"target_wait,omitzero"`
}

// A Span is the position of a block's observations in their file.
type Span struct {
	Offset int64 `json:"offset"`
	Bytes  int64 `json:"bytes"`
}

// Failed returns the number of failed requests of the block.
func (b Block) Failed() int {
	n := 0
	for _, count := range b.Errors {
		n += count
	}
	return n
}

// CutOff returns the number of requests of the block that were ended by the end of its visit.
func (b Block) CutOff() int { return b.Errors[ErrNotSent] + b.Errors[ErrUnfinished] }

// FailureText returns a text for the failed requests of the block.
func (b Block) FailureText() string { return b.Failures.Describe(b.Errors) }

// LogSuffix returns the target's log lines, for the end of an error.
func (b Block) LogSuffix() string { return process.Logged(b.LogLines) }

// A Tail is the last line of a record, written when the run ends.
type Tail struct {
	Complete  bool   `json:"complete"`
	LengthNS  int64  `json:"length_ns"`
	Condition string `json:"condition,omitempty"` // reason why the run is not complete
}

// A Result is a recorded run. Tail is the zero value if the harness was killed.
type Result struct {
	Head
	Responses  []Response // responses of the targets, before their first block
	WarmUps    []WarmUp
	Lost       []Lost // contenders of a suite that failed during the measurement, which went on without them
	ColdFiles  []ColdFiles
	ColdStarts []ColdStart
	Blocks     []Block
	Discarded  []Block // blocks of warm-ups
	Clocks     []ClockOffset
	Tail       Tail

	observations func(Block) iter.Seq2[Observation, error]
}

// SetCondition sets the reason why the run ended, if the Tail could not be written. A nil reason changes nothing.
func (r *Result) SetCondition(why error) {
	if r.Tail != (Tail{}) || why == nil {
		return
	}
	r.Tail.Condition = why.Error()
	if n := len(r.Blocks); n > 0 {
		r.Tail.LengthNS = r.Blocks[n-1].BeganNS + r.Blocks[n-1].LengthNS
	}
}

// Observations yields the observations of a block in the order of recording. An error is yielded last.
func (r *Result) Observations(b Block) iter.Seq2[Observation, error] {
	return r.observations(b)
}
