package process

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"forktax/bench/foreign"
)

// maxOutput is what Output takes in bytes, so that a program which prints without end does not fill our memory. A
// workload's description has room in it for some thousand requests.
const maxOutput = 1 << 20

// Output runs the command, in a group of its own, and returns what it printed, or an error with what it complained of
// last. A command that takes longer than limit, or than ctx lives, or that prints more than a megabyte, is ended. What
// it started and left in its group is killed in any case, with it or after it, or with this process.
func Output(ctx context.Context, limit time.Duration, cmd *exec.Cmd) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(limit, func() { cancel(fmt.Errorf("it did not end within %v, and was killed", limit)) })
	defer late.Stop()
	out, complaint := limitedOutput{full: cancel}, tail{}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &complaint, outputLimit
	newProcessGroup(cmd)
	defer endWithParent(cmd)()
	StartGuard()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer Guard(cmd)()
	defer context.AfterFunc(ctx, func() { killGroup(cmd) })()
	err := cmd.Wait()
	killGroup(cmd) // what it started may go on without it
	if err == nil {
		return out.text, nil
	}
	if cause := context.Cause(ctx); cause != nil { // which is why it was killed
		err = cause
	}
	if text := complaint.last(); text != "" {
		err = fmt.Errorf("%w%s", err, afterColon(text))
	}
	return nil, err
}

// afterColon returns what a program logged as it is shown at the end of an error: several lines each on its own.
func afterColon(text string) string {
	if strings.Contains(text, "\n") {
		return ":\n" + foreign.Indented(text, "  ")
	}
	return ": " + foreign.Text(text)
}

// errTooMuchOutput ends a program that prints what cannot be an answer.
var errTooMuchOutput = fmt.Errorf("it printed more than %d bytes, and was killed", maxOutput)

// limitedOutput holds what a program printed, as far as maxOutput, and calls full with the reason when that is passed.
type limitedOutput struct {
	text []byte
	full context.CancelCauseFunc
}

func (p *limitedOutput) Write(b []byte) (int, error) {
	if len(p.text)+len(b) > maxOutput {
		p.full(errTooMuchOutput)
		return 0, errTooMuchOutput
	}
	p.text = append(p.text, b...)
	return len(b), nil
}
