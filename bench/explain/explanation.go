package explain

import (
	"cmp"
	"slices"
	"time"
)

// Schema is the version of an Explanation's JSON.
const Schema = 2

// An Explanation is all that is known of a program's start. Times are whole nanoseconds, and medians over the starts
// unless they say otherwise.
type Explanation struct {
	Schema        int      `json:"schema"`
	Program       []string `json:"program"`            // its command line
	Language      string   `json:"language,omitempty"` // "Go", or that of its interpreter; "" if it is not known
	Executed      string   `json:"executed"`           // the program that answered, after all that hands over to another
	Method        string   `json:"method"`
	Path          string   `json:"path"` // of the request
	Status        int      `json:"status"`
	ContentType   string   `json:"content_type,omitempty"` // of the response
	ResponseBytes int      `json:"response_bytes"`
	FirstLine     string   `json:"first_line,omitempty"` // of its body that is not blank
	SHA256        string   `json:"sha256,omitempty"`     // of its body without what masks match, in hexadecimal
	Starts        int      `json:"starts"`
	Exec          int64    `json:"in_place_ns"`       // from before fork until exec is done
	FirstByte     int64    `json:"first_byte_ns"`     // until the first byte of the answer
	Ended         int64    `json:"ended_ns"`          // until it was waited for
	Held          int64    `json:"held_ns,omitempty"` // after that, while what it left behind kept its output open
	CPU           int64    `json:"cpu_ns"`            // processor time, that of its children included
	SystemShare   float64  `json:"system_share"`      // of the processor time of all starts, what the kernel took
	MinorFaults   int64    `json:"minor_faults"`      // pages mapped
	MajorFaults   int64    `json:"major_faults"`      // pages read from a disk
	Traced        bool     `json:"traced"`            // whether it is known what it opens, executes and connects to
	Parts         []Part   `json:"findings"`          // the most expensive first, and then those whose cost is not known
	Imports       []Import `json:"imports,omitempty"`
	Trials        []Trial  `json:"trials,omitempty"`
	Seed          uint64   `json:"seed,omitempty"`      // of the order of the trials
	Untried       []string `json:"not_tried,omitempty"` // what cannot be switched from outside
	Notes         []Note   `json:"notes,omitempty"`
	Failure       string   `json:"failure,omitempty"` // which requests, each of them one start, got a wrong response
}

// A Note is something that a reader must know.
type Note struct {
	Text   string `json:"text"`
	Advice string `json:"advice"`
}

// A Part is one thing that the start does. Parts overlap: a library is opened by the dynamic linker, whose work is a
// part too, and brings page faults.
type Part struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	Cost   *int64 `json:"cost_ns"` // nil: not measured
	By     string `json:"measured_by,omitempty"`
	Advice string `json:"advice,omitempty"` // what would remove it; "" if nothing is known to
	Late   bool   `json:"after_first_byte,omitempty"`
}

// Kinds of parts.
const (
	KindInterpreter = "interpreter" // without a script
	KindScript      = "script"      // what a script takes beyond its interpreter and its imports
	KindShim        = "shim"        // what finds the interpreter
	KindImport      = "import"      // of a Python module, with all that it imports
	KindInit        = "init"        // of a Go package
	KindLinker      = "linker"      // the dynamic linker
	KindLibrary     = "library"     // a file that was mapped as code
	KindFile        = "file"        // any other that was opened, or asked about
	KindMissing     = "missing"     // files that are not there
	KindProcess     = "process"     // another program, in a process of its own
	KindExec        = "exec"        // another program, which hands over to the next
	KindFork        = "fork"        // copies of a program, which execute no other
	KindThread      = "thread"
	KindConnection  = "connection" // being connected, without what is said then
	KindFault       = "faults"
	KindWait        = "wait"
)

// How a cost was measured.
const (
	ByStarts     = "starts"     // starts of that program alone
	ByRest       = "rest"       // what is left when the other parts are taken off
	ByImportTime = "importtime" // Python's -X importtime
	ByInitTrace  = "inittrace"  // Go's GODEBUG=inittrace=1
	ByLinker     = "ld.so"      // the statistics of glibc's dynamic linker
	ByLoading    = "ld.so list" // loading that program, and not running it: the least that it takes
	ByReplay     = "replay"     // doing the same system calls again
	ByEstimate   = "estimate"   // the number of times, at what once takes on this machine
	ByClock      = "clock"      // the time that passed, less processor time
)

// withCost gives the part a cost.
func (f Part) withCost(d time.Duration, by string) Part {
	f.Cost, f.By = new(int64(d)), by
	return f
}

// withCostIf gives it a cost if there is one.
func (f Part) withCostIf(d time.Duration, ok bool, by string) Part {
	if !ok {
		return f
	}
	return f.withCost(d, by)
}

// rank sorts the parts: the most expensive first, those without a cost last, in the order in which they were found.
func rank(parts []Part) {
	cost := func(f Part) int64 {
		if f.Cost == nil {
			return -1
		}
		return *f.Cost
	}
	slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Compare(cost(b), cost(a)) })
}
