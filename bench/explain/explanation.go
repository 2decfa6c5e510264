package explain

import (
	"cmp"
	"slices"
	"time"
)

// Schema is the version of an Explanation's JSON.
const Schema = 2

// An Explanation is the breakdown of a program's start. Times are whole nanoseconds, and medians over the starts unless
// noted otherwise.
type Explanation struct {
	Schema        int      `json:"schema"`
	Program       []string `json:"program"`            // its command line
	Language      string   `json:"language,omitempty"` // "Go", or the interpreter's language; "" if not known
	Executed      string   `json:"executed"`           // the program that responded: the last of a chain of execs
	Method        string   `json:"method"`
	Path          string   `json:"path"` // path of the request
	Status        int      `json:"status"`
	ContentType   string   `json:"content_type,omitempty"` // content type of the response
	ResponseBytes int      `json:"response_bytes"`
	FirstLine     string   `json:"first_line,omitempty"` // the first line of its body that is not blank
	SHA256        string   `json:"sha256,omitempty"`     // hash of its body without the masked parts, in hexadecimal
	Starts        int      `json:"starts"`
	Exec          int64    `json:"in_place_ns"`       // time from before fork until exec is done
	FirstByte     int64    `json:"first_byte_ns"`     // time until the first byte of the response
	Ended         int64    `json:"ended_ns"`          // time until wait for the process returned
	Held          int64    `json:"held_ns,omitempty"` // after that, while processes left running kept its output open
	CPU           int64    `json:"cpu_ns"`            // CPU time, its children included
	SystemShare   float64  `json:"system_share"`      // the kernel's share of the CPU time of all starts
	MinorFaults   int64    `json:"minor_faults"`      // pages mapped
	MajorFaults   int64    `json:"major_faults"`      // pages read from a disk
	Traced        bool     `json:"traced"`            // the files, programs and connections it uses are known
	Parts         []Part   `json:"findings"`          // the most expensive first; parts of unknown cost last
	Imports       []Import `json:"imports,omitempty"`
	Trials        []Trial  `json:"trials,omitempty"`
	Seed          uint64   `json:"seed,omitempty"`      // seed of the order of the trials
	Untried       []string `json:"not_tried,omitempty"` // changes that cannot be made from outside
	Notes         []Note   `json:"notes,omitempty"`
	Failure       string   `json:"failure,omitempty"` // the requests (one start each) that got a wrong response
}

// A Note is a warning to the reader.
type Note struct {
	Text   string `json:"text"`
	Advice string `json:"advice"`
}

// A Part is one part of the start. Parts overlap: the dynamic linker, itself a part, opens a library, which causes page
// faults.
type Part struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Detail string `json:"detail,omitempty"`
	Cost   *int64 `json:"cost_ns"` // nil: not measured
	By     string `json:"measured_by,omitempty"`
	Advice string `json:"advice,omitempty"` // how to remove it; "" if not known
	Late   bool   `json:"after_first_byte,omitempty"`
}

// Kinds of parts.
const (
	KindInterpreter = "interpreter" // without a script
	KindScript      = "script"      // a script without its interpreter and its imports
	KindShim        = "shim"        // a version manager's script that finds the interpreter
	KindImport      = "import"      // import of a Python module, with the modules that it imports
	KindInit        = "init"        // initialization of a Go package
	KindLinker      = "linker"      // the dynamic linker
	KindLibrary     = "library"     // a file that was mapped as code
	KindFile        = "file"        // any other file on which open or stat was called
	KindMissing     = "missing"     // files that do not exist
	KindProcess     = "process"     // another program, in a separate process
	KindExec        = "exec"        // another program in the same process, which then executes the next
	KindFork        = "fork"        // copies of a program that execute no other program
	KindThread      = "thread"
	KindConnection  = "connection" // opening a connection, without its traffic
	KindFault       = "faults"
	KindWait        = "wait"
)

// Methods by which a cost was measured.
const (
	ByStarts     = "starts"     // starts of that program alone
	ByRest       = "rest"       // the whole start minus the other parts
	ByImportTime = "importtime" // Python's -X importtime
	ByInitTrace  = "inittrace"  // Go's GODEBUG=inittrace=1
	ByLinker     = "ld.so"      // the statistics of glibc's dynamic linker
	ByLoading    = "ld.so list" // loading that program without running it: a lower bound
	ByReplay     = "replay"     // repeating the same system calls
	ByEstimate   = "estimate"   // the count times the cost of one on this machine
	ByClock      = "clock"      // the elapsed time minus the CPU time
)

// withCost returns the part with a cost.
func (f Part) withCost(d time.Duration, by string) Part {
	f.Cost, f.By = new(int64(d)), by
	return f
}

// withCostIf returns the part with a cost if ok, and unchanged otherwise.
func (f Part) withCostIf(d time.Duration, ok bool, by string) Part {
	if !ok {
		return f
	}
	return f.withCost(d, by)
}

// rank sorts the parts by descending cost. Parts without a cost come last, in the order in which they were found.
func rank(parts []Part) {
	cost := func(f Part) int64 {
		if f.Cost == nil {
			return -1
		}
		return *f.Cost
	}
	slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Compare(cost(b), cost(a)) })
}
