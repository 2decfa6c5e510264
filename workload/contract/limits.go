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

// ChildLimits bound what the children of a host, a process for each request, may take. A field that is 0 stands for its
// default, and one below 0 for no limit. They are a part of the program contract: a program that serves the model cgi
// takes them as flags.
type ChildLimits struct {
	Children  int           // at once; 8 for each core by default, and always limited
	Queue     int           // requests that wait for a child to end, others get 503; 1024 by default, below 0 none
	Idle      time.Duration // a child's life until its answer begins, and each pause in it; a minute by default
	Total     time.Duration // a child's life; five minutes by default
	Header    int64         // bytes of a request's line and header, else 431; 64 KiB by default
	Body      int64         // bytes of a request's body, else 413; 1 GiB by default
	Response  int64         // bytes of a response's body; 1 GiB by default
	CPU       time.Duration // a child's processor time, in whole seconds; not limited by default
	Memory    int64         // bytes of a child's address space; not limited by default
	Processes int           // of a child's user, all together; not limited by default
}

// Defaults of ChildLimits.
const (
	childrenPerCore = 8 // enough to keep the cores busy while children wait for a disk or a database
	defaultQueue    = 1024
	defaultIdle     = time.Minute
	defaultTotal    = 5 * time.Minute
	defaultHeader   = 64 << 10 // a variable of a child may have 128 KiB
	defaultBody     = 1 << 30
	defaultResponse = 1 << 30
)

// WithDefaults returns l with each field that is 0 set to its default, or below 0.
func (l ChildLimits) WithDefaults() ChildLimits {
	if l.Children <= 0 {
		l.Children = childrenPerCore * runtime.NumCPU()
	}
	l.Queue = cmp.Or(l.Queue, defaultQueue)
	l.Idle = cmp.Or(l.Idle, defaultIdle)
	l.Total = cmp.Or(l.Total, defaultTotal)
	l.Header = cmp.Or(l.Header, defaultHeader)
	l.Body = cmp.Or(l.Body, defaultBody)
	l.Response = cmp.Or(l.Response, defaultResponse)
	l.CPU = cmp.Or(l.CPU, -1)
	l.Memory = cmp.Or(l.Memory, -1)
	l.Processes = cmp.Or(l.Processes, -1)
	return l
}

// Flags has f set the fields of l, and tell their defaults.
func (l *ChildLimits) Flags(f *flag.FlagSet) {
	*l = l.WithDefaults()
	f.Var(countFlag(&l.Children, 1), "max-children", "children at once")
	f.Var(countFlag(&l.Queue, 0), "queue", "requests that wait for a child to end; more get 503")
	f.Var(durationFlag(&l.Idle), "idle-timeout", "how long a child may take to begin its answer, and to go on with it, 0 for ever; "+
		"then it is ended, and the client gets 504, or an answer that breaks off")
	f.Var(durationFlag(&l.Total), "child-timeout", "how long a child may take in all, 0 for ever")
	f.Var(sizeFlag(&l.Header), "max-header", "bytes of a request's line and header; more get 431")
	f.Var(sizeFlag(&l.Body), "max-body", "bytes of a request's body, 0 for any number; more get 413")
	f.Var(sizeFlag(&l.Response), "max-response", "bytes of a response's body, 0 for any number; a longer one breaks off")
	f.Var(durationFlag(&l.CPU), "child-cpu", "processor time of a child, in whole seconds, 0 for any; then the system ends it")
	f.Var(sizeFlag(&l.Memory), "child-memory", "bytes of a child's address space, 0 for any number; more it cannot have")
	f.Var(countFlag(&l.Processes, 0), "child-processes", "processes of the user that children run as, all together, 0 for "+
		"any number; root is not bound by it")
}

// A limit is a flag of which 0 means that there is none.
type limit[T int | int64 | time.Duration] struct {
	to    *T
	kind  string // for package pflag
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

// errNumber is told with what was given, by package flag.
var errNumber = errors.New("a whole number is needed")

// countFlag is a limit on a count, of which some values are too small.
func countFlag(to *int, least int) limit[int] {
	return limit[int]{to, "number", func(text string) (int, error) {
		v, err := strconv.Atoi(text)
		switch {
		case err != nil:
			return 0, errNumber
		case v < least:
			return 0, fmt.Errorf("at least %d is needed", least)
		}
		return v, nil
	}, strconv.Itoa}
}

// durationFlag is a limit on a time.
func durationFlag(to *time.Duration) limit[time.Duration] {
	return limit[time.Duration]{to, "duration", func(text string) (time.Duration, error) {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return 0, errors.New("a duration is needed, such as 30s")
		case d < 0:
			return 0, errors.New("it cannot be below 0")
		}
		return d, nil
	}, time.Duration.String}
}

// sizeFlag is a limit on a number of bytes.
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
		return v * unit.bytes, nil
	}
	return 0, errors.New("a number of bytes is needed, such as 500, 64KiB, 10MiB or 1GiB")
}
