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
	f.Var(number{&l.Children, 1}, "max-children", "children at once")
	f.Var(number{&l.Queue, 0}, "queue", "requests that wait for a child to end; more get 503")
	f.Var(span{&l.Idle}, "idle-timeout", "how long a child may take to begin its answer, and to go on with it, 0 for ever; "+
		"then it is ended, and the client gets 504, or an answer that breaks off")
	f.Var(span{&l.Total}, "child-timeout", "how long a child may take in all, 0 for ever")
	f.Var(size{&l.Header}, "max-header", "bytes of a request's line and header; more get 431")
	f.Var(size{&l.Body}, "max-body", "bytes of a request's body, 0 for any number; more get 413")
	f.Var(size{&l.Response}, "max-response", "bytes of a response's body, 0 for any number; a longer one breaks off")
	f.Var(span{&l.CPU}, "child-cpu", "processor time of a child, in whole seconds, 0 for any; then the system ends it")
	f.Var(size{&l.Memory}, "child-memory", "bytes of a child's address space, 0 for any number; more it cannot have")
	f.Var(number{&l.Processes, 0}, "child-processes", "processes of the user that children run as, all together, 0 for "+
		"any number; root is not bound by it")
}

// errNumber is told with what was given, by package flag.
var errNumber = errors.New("a whole number is needed")

// A number is a flag of a count; 0 is none.
type number struct {
	to    *int
	least int
}

func (n number) String() string {
	if n.to == nil {
		return "0"
	}
	return strconv.Itoa(max(*n.to, 0))
}

func (n number) Set(text string) error {
	v, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return errNumber
	case v < n.least:
		return fmt.Errorf("at least %d is needed", n.least)
	}
	*n.to = noneIfZero(v)
	return nil
}

// Type is for package pflag, as are those below.
func (n number) Type() string { return "number" }

func noneIfZero[T int | int64 | time.Duration](v T) T {
	if v == 0 {
		return -1
	}
	return v
}

// A span is a flag of a duration; 0 is none.
type span struct{ to *time.Duration }

func (s span) String() string {
	if s.to == nil || *s.to <= 0 {
		return "0s"
	}
	return s.to.String()
}

func (s span) Set(text string) error {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		return errors.New("a duration is needed, such as 30s")
	case d < 0:
		return errors.New("it cannot be below 0")
	}
	*s.to = noneIfZero(d)
	return nil
}

func (s span) Type() string { return "duration" }

// A size is a flag of a number of bytes; 0 is none.
type size struct{ to *int64 }

// sizes are the units, the largest first.
var sizes = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}, {"", 1}}

func (s size) String() string {
	if s.to == nil || *s.to <= 0 {
		return "0"
	}
	for _, unit := range sizes {
		if *s.to%unit.bytes == 0 {
			return strconv.FormatInt(*s.to/unit.bytes, 10) + unit.name
		}
	}
	return ""
}

func (s size) Set(text string) error {
	for _, unit := range sizes {
		digits, found := strings.CutSuffix(text, unit.name)
		if !found {
			continue
		}
		v, err := strconv.ParseInt(strings.TrimSpace(digits), 10, 64)
		if err != nil || v < 0 || v > math.MaxInt64/unit.bytes {
			break
		}
		*s.to = noneIfZero(v * unit.bytes)
		return nil
	}
	return errors.New("a number of bytes is needed, such as 500, 64KiB, 10MiB or 1GiB")
}

func (s size) Type() string { return "size" }
