package explain

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"forktax/bench/process"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// traceLimit is how long a traced start may take. Each of its system calls takes some ten times as long.
const traceLimit = 60 * time.Second

// tracedCalls are the system calls that say what a program opens, executes, starts and connects to.
const tracedCalls = "trace=%file,%process,connect,read,pread64,mmap,write,writev,sendfile,splice"

// A NoTracerError is returned where no program can be traced: strace is not installed, or the system does not let it
// trace.
type NoTracerError struct {
	Why    string // as strace said it, if it said something
	Advice string
}

func (e *NoTracerError) Error() string { return fmt.Sprintf("%s (%s)", e.Why, e.Advice) }

// findTracer returns the path of strace, or a *NoTracerError.
func findTracer() (string, error) {
	path, err := exec.LookPath("strace")
	if err != nil {
		return "", &NoTracerError{"strace is not installed", "Debian: apt-get install strace"}
	}
	return path, nil
}

// Traceable returns a *NoTracerError if no program can be traced here. It has strace trace itself, which is there
// wherever strace is, and ends at once.
func Traceable(ctx context.Context) error {
	tracer, err := findTracer()
	if err != nil {
		return err
	}
	self := Command{Path: tracer, Args: []string{"-V"}, Dir: os.TempDir()}
	text, start, err := self.runTraced(ctx, tracer)
	switch {
	case context.Cause(ctx) != nil:
		return context.Cause(ctx)
	case err != nil:
		return notPermitted(err.Error())
	case len(text) == 0:
		return notPermitted(cmp.Or(strings.TrimSpace(string(start.Log)), start.State.String()))
	}
	return nil
}

// notPermitted is the error that strace cannot trace here, with that of the lines that says why.
func notPermitted(said string) error {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	i := slices.IndexFunc(lines, func(line string) bool {
		return strings.Contains(line, "ptrace(") // others are of tests that it makes before, and of what follows
	})
	why := lines[max(i, 0)]
	return &NoTracerError{"strace cannot trace here: " + strings.TrimSpace(why),
		"allow ptrace: --cap-add=SYS_PTRACE for a container, or sysctl kernel.yama.ptrace_scope=1"}
}

// trace has strace watch one start. It is a process of its own, kept up by others, and knows the calls of every kernel
// and architecture. The answer is read as in any other start.
func (c Command) trace(ctx context.Context) (trace, error) {
	tracer, err := findTracer()
	if err != nil {
		return trace{}, err
	}
	text, start, err := c.runTraced(ctx, tracer)
	if err != nil {
		return trace{}, err
	}
	if len(text) == 0 {
		if err := Traceable(ctx); err != nil {
			return trace{}, err
		}
		return trace{}, fmt.Errorf("strace saw nothing (%s)%s", start.State, start.logTail())
	}
	calls, err := parseCalls(bytes.NewReader(text))
	if err != nil {
		return trace{}, err
	}
	return newTrace(calls, c.dir(), start.pipe), nil
}

// runTraced starts the command once under strace, and returns what strace wrote: nothing, if it could not trace.
func (c Command) runTraced(ctx context.Context, tracer string) ([]byte, Start, error) {
	folder, remove, err := process.TempDir("the trace")
	if err != nil {
		return nil, Start{}, err
	}
	defer remove()
	written := filepath.Join(folder, "trace")
	watched := c.running(append([]string{tracer, "-f", "-y", "-s", "0", "-e", tracedCalls, "-o", written, "--"}, c.words()...))
	watched.Limit = traceLimit
	watched.hasEnded = func() bool { return tracedEnd(written) } // strace itself waits for all that is left behind
	start, err := watched.Run(ctx)
	if err != nil {
		return nil, start, err
	}
	text, err := os.ReadFile(written)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, start, fmt.Errorf("reading what strace wrote: %w", err)
	}
	return text, start, nil
}

// tracedEnd reports whether the program has ended whose trace is being written: the process of the first line.
func tracedEnd(path string) bool {
	text, _ := os.ReadFile(path) // not there yet
	pid, _, found := bytes.Cut(text, []byte(" "))
	if !found {
		return false
	}
	return regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(string(pid)) + ` +\+\+\+ (?:exited with|killed by) `).Match(text)
}

// StartCounts is how often one start does what can be counted, as strace sees it.
type StartCounts struct {
	Processes   int64 // its own included
	Probes      int64 // of those, the throw-away children by which Go's os/exec tries process descriptors
	Files       int64 // opened, by all of them
	Connections int64 // made, to whatever
}

// countedStarts is how often a program is started to be counted. What varies is not what it needs.
const countedStarts = 3

// CountStart starts the program some times, and tells the least that it needed. The error is a *NoTracerError if
// nothing can be counted here.
func (c Command) CountStart(ctx context.Context) (StartCounts, error) {
	const most = math.MaxInt64
	least := StartCounts{most, most, most, most}
	for range countedStarts {
		t, err := c.trace(ctx)
		if err != nil {
			return StartCounts{}, err
		}
		n := t.counts()
		if n.Processes == 0 {
			return StartCounts{}, errors.New("strace saw no process")
		}
		least = StartCounts{min(least.Processes, n.Processes), min(least.Probes, n.Probes), min(least.Files, n.Files),
			min(least.Connections, n.Connections)}
	}
	return least, nil
}

func (t trace) counts() StartCounts {
	n := StartCounts{Processes: int64(t.processes)}
	for _, i := range t.images {
		n.Probes += int64(i.probes)
		n.Connections += int64(len(i.connections))
		for _, u := range i.uses {
			n.Files += int64(u.opened)
		}
	}
	return n
}
