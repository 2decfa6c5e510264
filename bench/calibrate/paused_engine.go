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

// pausedEngine runs forktax's own engine in a separate process and pauses that process for a while. The harness itself
// cannot be paused: the shell that started it would report it as suspended.
type pausedEngine struct {
	lab    *Lab
	after  time.Duration // time from the start of the visit
	length time.Duration
}

// Run implements load.Engine.
func (e pausedEngine) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	var in bytes.Buffer
	stop := e.lab.helper(helperPause, e.after.String(), e.length.String()).Args
	if err := gob.NewEncoder(&in).Encode(v); err != nil {
		return err
	}
	cmd := e.lab.helper(append([]string{helperVisit}, stop...)...)
	cmd.Stdin = &in
	out, err := process.Output(ctx, v.Length+v.Load.Timeout()+time.Minute, cmd)
	if err != nil {
		return fmt.Errorf("making a visit in a separate process: %w", err)
	}
	var seen []record.Observation
	if err := gob.NewDecoder(bytes.NewReader(out)).Decode(&seen); err != nil {
		return fmt.Errorf("reading the observations of a separate process: %w", err)
	}
	rec.Observe(seen)
	return nil
}

// pausedVisitHelper reads a visit from in, makes it, and writes the observations to out. Args is the command that
// pauses this process during the visit.
func pausedVisitHelper(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	var v load.Visit
	if err := gob.NewDecoder(in).Decode(&v); err != nil {
		return fmt.Errorf("reading the visit: %w", err)
	}
	stop := exec.CommandContext(ctx, args[0], args[1:]...)
	if err := stop.Start(); err != nil {
		return fmt.Errorf("starting the command that pauses the generator: %w", err)
	}
	var seen memoryRecorder
	if err := errors.Join(epollEngine().Run(ctx, v, &seen), stop.Wait()); err != nil {
		return err
	}
	return gob.NewEncoder(out).Encode([]record.Observation(seen))
}

// pauseParent pauses its parent process: args are the delay and the length of the pause. It resumes the parent even if
// the harness is killed.
func pauseParent(_ context.Context, args []string, _ io.Reader, _ io.Writer) error {
	if len(args) != 2 {
		return errors.New("two arguments are needed: the delay and the length of the pause")
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
		return fmt.Errorf("pausing the generator: %w", err)
	}
	wake.until(begin + int64(length))
	return syscall.Kill(parent, syscall.SIGCONT)
}

// A memoryRecorder keeps observations in memory.
type memoryRecorder []record.Observation

// Observe implements load.Recorder.
func (t *memoryRecorder) Observe(batch []record.Observation) { *t = append(*t, batch...) }
