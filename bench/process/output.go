package process

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/units"
)

// maxOutput is the most that Output accepts, in bytes, so that a program that prints without end cannot exhaust memory.
// It is enough for a workload description with some thousand requests.
const maxOutput = 1 << 20

// Output runs the command in its own process group and returns its standard output, or an error with the end of its
// standard error. It kills the command after limit, at the end of ctx, or when it prints more than maxOutput. Processes
// that the command left in its group are always killed, at the latest with this process.
func Output(ctx context.Context, limit time.Duration, cmd *exec.Cmd) ([]byte, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	late := time.AfterFunc(limit, func() { cancel(fmt.Errorf("did not end within %s and was killed", units.Span(limit))) })
	defer late.Stop()
	out, errorLog := limitedOutput{full: cancel}, tail{}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &out, &errorLog, outputLimit
	newProcessGroup(cmd)
	defer endWithParent(cmd)()
	StartGuard()
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer Guard(cmd.Process.Pid)()
	defer context.AfterFunc(ctx, func() { killGroup(cmd) })()
	err := cmd.Wait()
	killGroup(cmd) // its children may still be running
	if err == nil {
		return out.text, nil
	}
	if cause := context.Cause(ctx); cause != nil { // the reason why it was killed
		err = cause
	}
	if text := errorLog.last(); text != "" {
		err = fmt.Errorf("%w%s", err, afterColon(text))
	}
	return nil, err
}

// afterColon formats log text as the end of an error text. Several lines are put below it.
func afterColon(text string) string {
	if strings.Contains(text, "\n") {
		return ":\n" + foreign.Indented(text, "  ")
	}
	return ": " + foreign.Text(text)
}

// errTooMuchOutput is returned when a program printed more than maxOutput.
var errTooMuchOutput = fmt.Errorf("printed more than %d bytes and was killed", maxOutput)

// limitedOutput keeps the output of a program up to maxOutput. When that is exceeded, it calls full with the error.
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
