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

// traceLimit is the longest duration of a traced start. Each of its system calls takes about ten times as long.
const traceLimit = 60 * time.Second

// tracedCalls selects the system calls that show what a program opens, executes, starts and connects to.
const tracedCalls = "trace=%file,%process,socket,connect,read,pread64,mmap,write,writev,sendfile,splice"

// A NoTracerError is returned where programs cannot be traced: strace is not installed, or the system does not allow it
// to trace.
type NoTracerError struct {
	Why    string // strace's own error message, if it printed one
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

// Traceable returns a *NoTracerError if programs cannot be traced here. It traces strace itself: a program that is
// always available, and that ends at once.
func Traceable(ctx context.Context) error {
	tracer, err := findTracer()
	if err != nil {
		return err
	}
	self := Command{Path: tracer, Args: []string{"-V"}, Dir: os.TempDir(), Env: os.Environ()}
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

// notPermitted returns the error that strace cannot trace here, with the line of its output that has the reason.
func notPermitted(output string) error {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	i := slices.IndexFunc(lines, func(line string) bool {
		return strings.Contains(line, "ptrace(") // other lines are from earlier tests, and from consequences
	})
	why := lines[max(i, 0)]
	return &NoTracerError{"strace cannot trace here: " + strings.TrimSpace(why),
		"allow ptrace: --cap-add=SYS_PTRACE for a container, or sysctl kernel.yama.ptrace_scope=1"}
}

// trace traces one start with strace, which supports the system calls of each kernel and architecture. The response is
// read as in any other start.
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
		return trace{}, fmt.Errorf("strace recorded nothing (%s)%s", start.State, start.logTail())
	}
	calls, err := parseCalls(bytes.NewReader(text))
	if err != nil {
		return trace{}, err
	}
	t := newTrace(calls, c.dir(), start.pipe)
	start.path = c.Path
	_, t.wrong = start.Response()
	return t, nil
}

// runTraced starts the command once under strace, and returns strace's output, which is empty if strace could not
// trace.
func (c Command) runTraced(ctx context.Context, tracer string) ([]byte, Start, error) {
	dir, remove, err := process.TempDir("the trace")
	if err != nil {
		return nil, Start{}, err
	}
	defer remove()
	written := filepath.Join(dir, "trace")
	options := []string{tracer, "-f", "-y", "-s", "0", "-e", tracedCalls, "-o", written, "--"}
	traced := c.running(append(options, c.words()...))
	traced.Limit = traceLimit
	traced.hasEnded = func() bool { return tracedEnd(written) } // strace itself waits for processes left running
	start, err := traced.Run(ctx)
	if err != nil {
		return nil, start, err
	}
	text, err := os.ReadFile(written)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, start, fmt.Errorf("reading the output of strace: %w", err)
	}
	return text, start, nil
}

// tracedEnd reports whether the traced program has ended. It is the process of the first line of the trace.
func tracedEnd(path string) bool {
	text, _ := os.ReadFile(path) // the file may not exist yet
	pid, _, found := bytes.Cut(text, []byte(" "))
	if !found {
		return false
	}
	return regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(string(pid)) + ` +\+\+\+ (?:exited with|killed by) `).Match(text)
}

// StartCounts are the numbers of events in one start, counted by strace.
type StartCounts struct {
	Processes   int64 // including the program itself
	Probes      int64 // of these, the throw-away children in which Go's os/exec tests process descriptors
	Files       int64 // opened, by all processes
	Connections int64 // opened, by all processes
}

// countedStarts is the number of starts that are counted. The smallest count is used, since anything above it varies
// and is not needed.
const countedStarts = 3

// CountStart starts the program several times and returns the smallest counts. It returns an error if a start has no
// valid response, and a *NoTracerError if programs cannot be traced here.
func (c Command) CountStart(ctx context.Context) (StartCounts, error) {
	const most = math.MaxInt64
	least := StartCounts{most, most, most, most}
	for range countedStarts {
		t, err := c.trace(ctx)
		if err != nil {
			return StartCounts{}, err
		}
		if t.wrong != nil { // a start that fails opens fewer files
			return StartCounts{}, t.wrong
		}
		n := t.counts()
		if n.Processes == 0 {
			return StartCounts{}, errors.New("strace recorded no process")
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
