package explain

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// traceLimit is how long a traced start may take. Each of its system calls takes some ten times as long.
const traceLimit = 60 * time.Second

// traced are the system calls that say what a program opens, executes, starts and connects to.
const traced = "trace=%file,%process,connect,read,pread64,mmap,write,writev,sendfile,splice"

// errNoTracer says that strace is not installed.
var errNoTracer = errors.New("strace is not installed")

// trace has strace watch one start. It is a process of its own, kept up by others, and knows the calls of every kernel
// and architecture. The answer is read as in any other start.
func (c Command) trace(ctx context.Context) (trace, error) {
	tracer, err := exec.LookPath("strace")
	if err != nil {
		return trace{}, errNoTracer
	}
	folder, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return trace{}, fmt.Errorf("making a folder for the trace: %w", err)
	}
	defer os.RemoveAll(folder)
	written := filepath.Join(folder, "trace")
	watched := c.running(append([]string{tracer, "-f", "-y", "-s", "0", "-e", traced, "-o", written, "--"}, c.words()...))
	watched.Limit = traceLimit
	start, err := watched.Run(ctx)
	if err != nil {
		return trace{}, err
	}
	text, err := os.ReadFile(written)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return trace{}, fmt.Errorf("reading what strace wrote: %w", err)
	}
	if len(text) == 0 {
		return trace{}, fmt.Errorf("strace saw nothing (%s)%s", start.State, start.complaint())
	}
	calls, err := parseCalls(bytes.NewReader(text))
	if err != nil {
		return trace{}, err
	}
	return newTrace(calls, c.dir(), start.pipe), nil
}
