package record

import (
	"iter"
	"time"

	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/workload/contract"
)

// A Head is what is known when a run begins.
type Head struct {
	Schema      int         `json:"schema"`
	ID          string      `json:"id"`
	Started     time.Time   `json:"started"`
	Version     string      `json:"version"` // of forktax
	Plan        plan.Plan   `json:"plan"`
	Environment Environment `json:"environment"`
}

// A Block is one visit to one cell, the unit that is measured.
type Block struct {
	Cell         int             `json:"cell"` // index in the plan
	Round        int             `json:"round"`
	Start        int             `json:"start"`    // which start of the targets it met
	BeganNS      int64           `json:"start_ns"` // since the run began
	LengthNS     int64           `json:"length_ns"`
	WarmUp       bool            `json:"warm_up,omitempty"`         // it counts for nothing: the target was not steady yet
	Overtime     bool            `json:"overtime,omitempty"`        // the start confirms an alarm after the budget of a check
	DiscardNS    int64           `json:"discard_ns,omitempty"`      // observations intended before this count for nothing
	Requests     int             `json:"requests"`                  // observations, failed ones included
	Errors       map[string]int  `json:"errors,omitempty"`          // failed ones, by class
	Failures     Failures        `json:"failures,omitempty"`        // the same, in detail; nil if an older forktax recorded it
	LogLines     []string        `json:"log,omitempty"`             // that the target logged, if a request failed; each kind once
	Usage        *contract.Usage `json:"usage,omitempty"`           // of the target, during the block; nil if it does not tell
	DatabaseNS   *int64          `json:"database_cpu_ns,omitempty"` // processor time of the database server; nil if unknown
	IdleNS       int64           `json:"idle_ns,omitempty"`         // since the target's last block, in this start of it
	IdleCPUNS    int64           `json:"idle_cpu_ns,omitempty"`     // processor time that it used meanwhile
	GeneratorNS  int64           `json:"generator_cpu_ns"`          // processor time of the harness itself
	Collections  int             `json:"collections"`               // of garbage, in the harness
	Machine      Counters        `json:"machine"`                   // what the machine counted since the block before
	Observations Span            `json:"observations"`

	// GeneratorWait is that of the harness's own process, TargetWait that of the target's processes.
	GeneratorWait CPUWait `json:"generator_wait,omitzero"`
	TargetWait    CPUWait `json:"target_wait,omitzero"`
}

// A Span is where a block's observations stand in their file.
type Span struct {
	Offset int64 `json:"offset"`
	Bytes  int64 `json:"bytes"`
}

// Failed is how many of the block's requests failed.
func (b Block) Failed() int {
	n := 0
	for _, count := range b.Errors {
		n += count
	}
	return n
}

// CutOff is how many of the block's requests the end of its visit ended.
func (b Block) CutOff() int { return b.Errors[ErrNotSent] + b.Errors[ErrUnfinished] }

// FailureText says in words which of the block's requests failed, and how.
func (b Block) FailureText() string { return b.Failures.Describe(b.Errors) }

// LogSuffix is what the target logged, for the end of an error.
func (b Block) LogSuffix() string { return process.Logged(b.LogLines) }

// A Tail is what is known when a run ends.
type Tail struct {
	Complete  bool   `json:"complete"`
	LengthNS  int64  `json:"length_ns"`
	Condition string `json:"condition,omitempty"` // why it is not complete
}

// A Result is a run as it was recorded. Tail is the zero value if the harness itself was killed.
type Result struct {
	Head
	Responses  []Response // of the targets, before they were measured first
	WarmUps    []WarmUp
	ColdFiles  []ColdFiles
	ColdStarts []ColdStart
	Blocks     []Block
	Discarded  []Block // of warm-ups
	Tail       Tail

	observations func(Block) iter.Seq2[Observation, error]
}

// SetCondition sets why the run ended, if the result has no Tail because it could not be written; nil is no reason.
func (r *Result) SetCondition(why error) {
	if r.Tail != (Tail{}) || why == nil {
		return
	}
	r.Tail.Condition = why.Error()
	if n := len(r.Blocks); n > 0 {
		r.Tail.LengthNS = r.Blocks[n-1].BeganNS + r.Blocks[n-1].LengthNS
	}
}

// Observations yields those of a block in the order in which they were recorded, or an error as its last.
func (r *Result) Observations(b Block) iter.Seq2[Observation, error] {
	return r.observations(b)
}
