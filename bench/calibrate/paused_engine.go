package calibrate

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"

	"forktax/bench/load"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// pausedEngine makes a visit by our own engine in a process of its own, which is paused for a while: the harness
// itself cannot, as the shell that it was started from would take it for suspended.
type pausedEngine struct {
	lab    *Lab
	after  time.Duration // from the beginning
	length time.Duration
}

var _ load.Engine = pausedEngine{}

// A pausedVisit is the input of the process.
type pausedVisit struct {
	Visit load.Visit
	Stop  []string // the command that pauses it
}

// Run implements load.Engine.
func (e pausedEngine) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	var in bytes.Buffer
	stop := e.lab.tool(helperPause, e.after.String(), e.length.String()).Args
	if err := gob.NewEncoder(&in).Encode(pausedVisit{v, stop}); err != nil {
		return err
	}
	cmd := e.lab.tool(helperVisit)
	cmd.Stdin = &in
	out, err := process.Output(ctx, v.Length+v.Load.Timeout()+time.Minute, cmd)
	if err != nil {
		return fmt.Errorf("making a visit in a process of its own: %w", err)
	}
	var seen []record.Observation
	if err := gob.NewDecoder(bytes.NewReader(out)).Decode(&seen); err != nil {
		return fmt.Errorf("reading what a visit in a process of its own saw: %w", err)
	}
	rec.Observe(seen)
	return nil
}

// pausedVisitHelper makes the visit that it reads, has itself paused in the middle of it, and writes what it saw to
// out.
func pausedVisitHelper(ctx context.Context, _ []string, in io.Reader, out io.Writer) error {
	var e pausedVisit
	if err := gob.NewDecoder(in).Decode(&e); err != nil {
		return fmt.Errorf("reading what to visit: %w", err)
	}
	engine := epollEngine()
	if engine == nil {
		return errors.New("this system has no engine for it")
	}
	stop := exec.CommandContext(ctx, e.Stop[0], e.Stop[1:]...)
	if err := stop.Start(); err != nil {
		return fmt.Errorf("starting what stops the generator: %w", err)
	}
	var seen memoryRecorder
	if err := errors.Join(engine.Run(ctx, e.Visit, &seen), stop.Wait()); err != nil {
		return err
	}
	return gob.NewEncoder(out).Encode([]record.Observation(seen))
}

// pauseParent stops the process that started it after a while, and lets it go on after another. It goes on by itself if
// the harness is killed.
func pauseParent(_ context.Context, args []string, _ io.Reader, _ io.Writer) error {
	if len(args) != 2 {
		return errors.New("two times are needed")
	}
	after, err := time.ParseDuration(args[0])
	length, err2 := time.ParseDuration(args[1])
	wake, err3 := newWakeTimer()
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	defer wake.close()
	useRealTime()
	begin, parent := contract.Now()+int64(after), os.Getppid()
	wake.until(begin)
	if err := syscall.Kill(parent, syscall.SIGSTOP); err != nil {
		return fmt.Errorf("stopping the generator: %w", err)
	}
	wake.until(begin + int64(length))
	return syscall.Kill(parent, syscall.SIGCONT)
}

// A memoryRecorder keeps what an engine saw.
type memoryRecorder []record.Observation

// Observe implements load.Recorder.
func (t *memoryRecorder) Observe(batch []record.Observation) { *t = append(*t, batch...) }

var _ load.Recorder = (*memoryRecorder)(nil)
