package contract

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// ChildLimits are the limits of a CGI host for its children and requests. A zero field means its default, a negative
// field no limit. A program that serves the model cgi takes them as flags; see [ChildLimits.Flags].
type ChildLimits struct {
	// Children is the largest number of running children. The default is 8 per core; it is always limited.
	Children int
	// Workers is the number of workers of a model whose processes serve several requests. The default is 2 per core.
	Workers int
	// Spares is the number of processes that a pool keeps ready. The default is 8.
	Spares int
	// Queue is the largest number of requests that wait for a child to exit; more requests get status 503. The default
	// is 1024. Negative means no queue.
	Queue int
	// Idle is the longest time until the response of a child begins, and the longest pause in it. The default is 1 min.
	Idle time.Duration
	// Total is the longest lifetime of a child. The default is 5 min.
	Total time.Duration
	// Header is the largest size in bytes of a request line and header; larger requests get status 431. The default is
	// 64 KiB.
	Header int64
	// Body is the largest size in bytes of a request body; larger requests get status 413. The default is 1 GiB.
	Body int64
	// Spooled is the largest total size in bytes of the files in which a process stores request bodies of unknown length;
	// a request that needs more gets status 503. The default is 1 GiB.
	Spooled int64
	// Response is the largest size in bytes of a response body; larger responses are aborted. The default is 1 GiB.
	Response int64
	// ResponseHeader is the largest size in bytes of a response header; a larger one gives status 502. The default is
	// 64 KiB.
	ResponseHeader int64
	// CPU is the largest CPU time of a child, in whole seconds (RLIMIT_CPU). The default is no limit.
	CPU time.Duration
	// Memory is the largest address space of a child in bytes (RLIMIT_AS). The default is no limit.
	Memory int64
	// Processes is the largest number of processes of the user that children run as (RLIMIT_NPROC). The default is no
	// limit.
	Processes int
	// Left is the largest number of processes that children may leave running; more are killed. The default is 512.
	Left int
}

// Defaults of ChildLimits.
const (
	childrenPerCore = 8 // enough to keep the cores busy while children wait for a disk or a database
	workersPerCore  = 2 // one can serve while another waits for a database
	defaultSpares   = 8
	defaultQueue    = 1024
	defaultIdle     = time.Minute
	defaultTotal    = 5 * time.Minute
	defaultHeader   = 64 << 10 // Linux limits a variable of a child to 128 KiB
	defaultBody     = 1 << 30
	defaultSpooled  = 1 << 30
	defaultResponse = 1 << 30

	defaultResponseHeader = 64 << 10
	defaultLeft           = 512
)

// WithDefaults returns l with zero fields set to their defaults; -1 means no limit.
func (l ChildLimits) WithDefaults() ChildLimits {
	if l.Children <= 0 {
		l.Children = childrenPerCore * runtime.NumCPU()
	}
	if l.Workers <= 0 {
		l.Workers = workersPerCore * runtime.NumCPU()
	}
	if l.Spares <= 0 {
		l.Spares = defaultSpares
	}
	l.Queue = cmp.Or(l.Queue, defaultQueue)
	l.Idle = cmp.Or(l.Idle, defaultIdle)
	l.Total = cmp.Or(l.Total, defaultTotal)
	l.Header = cmp.Or(l.Header, defaultHeader)
	l.Body = cmp.Or(l.Body, defaultBody)
	l.Spooled = cmp.Or(l.Spooled, defaultSpooled)
	l.Response = cmp.Or(l.Response, defaultResponse)
	l.ResponseHeader = cmp.Or(l.ResponseHeader, defaultResponseHeader)
	l.CPU = cmp.Or(l.CPU, -1)
	l.Memory = cmp.Or(l.Memory, -1)
	l.Processes = cmp.Or(l.Processes, -1)
	l.Left = cmp.Or(l.Left, defaultLeft)
	return l
}

// Flags sets zero fields of l to their defaults and defines a flag in f for each field. The value 0 of a flag means no
// limit.
func (l *ChildLimits) Flags(f *flag.FlagSet) {
	*l = l.WithDefaults()
	f.Var(countFlag(&l.Children, 1), FlagProcesses, "maximum number of running children")
	f.Var(countFlag(&l.Workers, 1), FlagWorkers, "number of workers, each a process that serves several requests")
	f.Var(countFlag(&l.Spares, 1), FlagSpares, "number of processes that are kept ready, each for one request")
	f.Var(countFlag(&l.Queue, 0), "queue", "maximum number of requests waiting for a child; more get status 503")
	f.Var(durationFlag(&l.Idle), "idle-timeout", "maximum time until a child's response begins, and of each pause in it "+
		"(0: no limit); after that the child is terminated, with status 504 or an aborted response")
	f.Var(durationFlag(&l.Total), "child-timeout", "maximum lifetime of a child (0: no limit)")
	f.Var(sizeFlag(&l.Header), "max-header", "maximum size of a request line and header; larger ones get status 431")
	f.Var(sizeFlag(&l.Body), "max-body", "maximum size of a request body (0: no limit); larger ones get status 413")
	f.Var(sizeFlag(&l.Spooled), "max-spooled", "maximum total size of the files that store request bodies of unknown "+
		"length (0: no limit); requests that need more get status 503")
	f.Var(sizeFlag(&l.Response), "max-response", "maximum size of a response body (0: no limit); larger ones are aborted")
	f.Var(sizeFlag(&l.ResponseHeader), "max-response-header", "maximum size of a response header (0: no limit); larger "+
		"ones give status 502")
	f.Var(secondsFlag(&l.CPU), "child-cpu", "maximum CPU time of a child, in whole seconds (0: no limit)")
	f.Var(sizeFlag(&l.Memory), "child-memory", "maximum address space of a child (0: no limit)")
	f.Var(countFlag(&l.Processes, 0), "child-processes", "maximum number of processes of the user that children run as "+
		"(0: no limit; does not apply to root)")
	f.Var(countFlag(&l.Left, 0), "max-left", "maximum number of processes that scripts may leave running (0: no limit); "+
		"more are killed")
}

// LimitNames returns the names of the flags of ChildLimits.
func LimitNames() (names []string) {
	all := flag.NewFlagSet("", flag.ContinueOnError)
	new(ChildLimits).Flags(all)
	all.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

// A limit is the value of a flag, 0 meaning no limit.
type limit[T int | int64 | time.Duration] struct {
	to    *T
	kind  string // name of the type, for package pflag
	parse func(text string) (T, error)
	print func(T) string
}

func (l limit[T]) String() string {
	if l.to == nil || *l.to <= 0 { // nil is the zero limit, which package flag compares defaults with
		return fmt.Sprint(T(0))
	}
	return l.print(*l.to)
}

func (l limit[T]) Set(text string) error {
	v, err := l.parse(text)
	if err == nil {
		*l.to = cmp.Or(v, -1)
	}
	return err
}

func (l limit[T]) Type() string { return l.kind }

// errNumber is the error of a count that is not a number. Package flag adds the name and the value of the flag.
var errNumber = errors.New("must be a whole number")

// countFlag returns a limit of a count, which must be at least least.
func countFlag(to *int, least int) limit[int] {
	return limit[int]{to, "number", func(text string) (int, error) {
		v, err := strconv.Atoi(text)
		switch {
		case err != nil:
			return 0, errNumber
		case v < least:
			return 0, fmt.Errorf("must be at least %d", least)
		}
		return v, nil
	}, strconv.Itoa}
}

// Largest values of limits, with room for sums.
const (
	longest = 24 * 365 * time.Hour
	largest = 1 << 50
)

// durationFlag returns a limit of a duration.
func durationFlag(to *time.Duration) limit[time.Duration] {
	return limit[time.Duration]{to, "duration", func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return 0, errors.New("must be a duration, such as 30s")
		case d < 0:
			return 0, errors.New("must not be negative")
		case d > longest:
			return 0, fmt.Errorf("must be at most %v; 0 means no limit", longest)
		}
		return d, nil
	}, time.Duration.String}
}

// secondsFlag returns a limit of a duration that the kernel counts in whole seconds.
func secondsFlag(to *time.Duration) limit[time.Duration] {
	seconds := durationFlag(to)
	parse := seconds.parse
	seconds.parse = func(text string) (time.Duration, error) {
		d, err := parse(text)
		if err == nil && d%time.Second != 0 {
			err = errors.New("must be whole seconds, such as 10s")
		}
		return d, err
	}
	return seconds
}

// sizeFlag returns a limit of a size in bytes.
func sizeFlag(to *int64) limit[int64] { return limit[int64]{to, "size", parseSize, printSize} }

// sizeUnits are the units, the largest first.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

func printSize(n int64) string {
	for _, unit := range sizeUnits {
		if n%unit.bytes == 0 {
			return strconv.FormatInt(n/unit.bytes, 10) + unit.name
		}
	}
	return ""
}

func parseSize(text string) (int64, error) {
	for _, unit := range sizeUnits {
		digits, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		v, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || v < 0 || v > math.MaxInt64/unit.bytes {
			break
		}
		if v*unit.bytes > largest {
			return 0, errors.New("must be at most 1,048,576GiB; 0 means no limit")
		}
		return v * unit.bytes, nil
	}
	return 0, errors.New("must be a number of bytes, such as 500, 64KiB, 10MiB or 1GiB")
}
