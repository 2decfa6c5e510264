package calibrate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/process"
	"forktax/bench/stats/sequential"
)

// stress is a stressor: it prints "ready", and until ctx or in ends it is idle for a while and then, by
// chance, busy on all processors, starting processes, or filling memory and giving it back. Its bursts are of a length
// between that of a block and that of a check, which is where they hurt most.
func stress(ctx context.Context, _ []string, in io.Reader, stdout io.Writer) error {
	ctx = untilClosed(ctx, in)
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding a program to start: %w", err)
	}
	if _, err := fmt.Fprintln(stdout, "ready"); err != nil {
		return err
	}
	bursts := []func(context.Context){busy, pressure, func(ctx context.Context) { forks(ctx, self) }}
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(burst()):
		}
		during, cancel := context.WithTimeout(ctx, burst())
		bursts[rand.IntN(len(bursts))](during)
		cancel()
	}
	return nil
}

// burst is from 5 ms to 2 s long, as often of each order of magnitude.
func burst() time.Duration {
	d := 5 * time.Millisecond
	for range rand.IntN(9) {
		d *= 2
	}
	return d + time.Duration(rand.Int64N(int64(d)))
}

// busy takes two processors. It looks at the clock itself: timers may be late meanwhile.
func busy(ctx context.Context) {
	until, _ := ctx.Deadline()
	var two sync.WaitGroup
	for range 2 {
		two.Go(func() {
			for ctx.Err() == nil && time.Now().Before(until) {
			}
		})
	}
	two.Wait()
}

// forks starts processes that end at once, one after the other.
func forks(ctx context.Context, self string) {
	for ctx.Err() == nil {
		_ = exec.CommandContext(ctx, self, "--version").Run() // whether it ends well does not matter
	}
}

// pressure takes 256 MiB, page by page, and lets go of it.
func pressure(ctx context.Context) {
	for ctx.Err() == nil {
		memory := make([]byte, 256<<20)
		for i := 0; i < len(memory) && ctx.Err() == nil; i += 4096 {
			memory[i] = 1
		}
	}
}

// hostileProperties are the properties that are measured once more beside neighbours that take the processor, fork, and
// fill the memory. An inconclusive check is not a wrong one: it says that the machine is too noisy.
func hostileProperties() []Property {
	few := func(l *Lab) int { return pick(l, 5, 50) }
	return []Property{{
		Name: "hostile-alike", About: "alarms of the gate beside hostile neighbours, identical programs, live",
		Must: "none", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Checks: func(l *Lab) checkSet {
			s := falseAlarms(l, "hostile-alike", few(l), 0)
			s.hostile = true
			return s
		},
	}, {
		Name: "hostile-found", About: "a start-up that costs 10 % more never passes beside hostile neighbours, live",
		Must: "none passes", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Checks: func(l *Lab) checkSet {
			return checkSet{name: "hostile-found", slower: []float64{0.1}, margin: sequential.DefaultMargin,
				mustCatch: sequential.DefaultMustCatch, budget: time.Minute, n: few(l), hostile: true,
				judge: verdictCount{verdict: analysis.Pass, counted: "passed wrongly", must: atMost(0)}.judge}
		},
	}, {
		Name: "hostile-labels", About: "rate of alarms with labels drawn anew, α = 5 %, on noise beside hostile neighbours",
		Must: "5 ± 0.65 %", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return pick(l, 70*time.Second, 12*time.Minute) },
		Run: func(ctx context.Context, l *Lab) (o Outcome, err error) {
			err = l.withStressor(ctx, func() error {
				o, err = l.drawOn(ctx, "hostile-labels noise", labelDraws, l.labels)
				return err
			})
			return o, err
		},
	}}
}

// withStressor has a hostile neighbour as long as run goes on.
func (l *Lab) withStressor(ctx context.Context, run func() error) error {
	return l.beside(ctx, "a hostile neighbour", []string{helperStress}, func(*process.Process, string) error { return run() })
}

// beside has a helper run as long as run does, which gets its first line. That it has ended before is an error: what was
// measured was not beside it.
func (l *Lab) beside(ctx context.Context, what string, args []string, run func(p *process.Process, line string) error) (
	err error) {
	p, err := process.Start(l.tool(args...), nil, nil)
	if err != nil {
		return fmt.Errorf("starting %s: %w", what, err)
	}
	defer func() { err = errors.Join(err, p.Stop(10*time.Second, nil)) }()
	line, err := p.FirstLine(ctx)
	if err != nil {
		return fmt.Errorf("starting %s: %w", what, err)
	}
	if err := run(p, line); err != nil {
		return err
	}
	select {
	case err := <-p.Gone():
		return fmt.Errorf("%s has not lived as long as what it was beside: %w", what, err)
	default:
		return nil
	}
}
