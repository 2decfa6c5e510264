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

// stress is a stressor. It prints "ready" and then, until ctx or in ends, alternates idle times with bursts of a random
// kind: busy loops, process starts, or memory allocation. Bursts are longer than a block and shorter than a check,
// which disturbs checks most.
func stress(ctx context.Context, _ []string, in io.Reader, stdout io.Writer) error {
	ctx = untilClosed(ctx, in)
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding the executable of forktax: %w", err)
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

// burst returns a random length from 5 ms to 2.56 s, with each power of two equally likely.
func burst() time.Duration {
	d := 5 * time.Millisecond
	for range rand.IntN(9) {
		d *= 2
	}
	return d + time.Duration(rand.Int64N(int64(d)))
}

// busy keeps two CPUs busy until the deadline. It reads the clock itself, because timers may be late under load.
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

// forks starts short-lived processes one after the other.
func forks(ctx context.Context, self string) {
	for ctx.Err() == nil {
		_ = exec.CommandContext(ctx, self, "--version").Run() // its exit status does not matter
	}
}

// pressure repeatedly allocates 256 MiB, touches each page, and releases it.
func pressure(ctx context.Context) {
	for ctx.Err() == nil {
		memory := make([]byte, 256<<20)
		for i := 0; i < len(memory) && ctx.Err() == nil; i += 4096 {
			memory[i] = 1
		}
	}
}

// hostileProperties returns variants of other properties, measured while a stressor uses the CPU, forks and fills
// memory. An inconclusive check is not a wrong one: it reports that the machine is too noisy.
func hostileProperties() []Property {
	few := func(l *Lab) int { return pick(l, 5, 50) }
	return []Property{{
		Name: "hostile-alike", About: "false alarms in live checks of identical programs while a stressor runs",
		Must: "none", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Checks: func(l *Lab) checkSet {
			s := falseAlarms(l, "hostile-alike", few(l), 0)
			s.hostile = true
			return s
		},
	}, {
		Name: "hostile-found", About: "live checks never pass a start-up that costs 10% more while a stressor runs",
		Must: "none passes", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Checks: func(l *Lab) checkSet {
			return checkSet{name: "hostile-found", slower: []float64{0.1}, margin: sequential.DefaultMargin,
				mustCatch: sequential.DefaultMustCatch, budget: time.Minute, n: few(l), hostile: true,
				judge: verdictCount{verdict: analysis.Pass, counted: "false passes", must: atMost(0)}.judge}
		},
	}, {
		Name: "hostile-labels", About: "rate of false alarms on noise recorded while a stressor runs, with randomly " +
			"swapped labels, α = 5%",
		Must: "5 ± 0.65%", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return pick(l, 70*time.Second, 12*time.Minute) },
		Run: func(ctx context.Context, l *Lab) (o Outcome, err error) {
			const noise = "hostile-labels noise"
			err = l.withStressor(ctx, func() error {
				_, err := l.noise(ctx, noise)
				return err
			})
			if err != nil {
				return o, err
			}
			return l.drawOn(ctx, noise, labelDraws, l.labels)
		},
	}}
}

// withStressor calls run while a stressor runs.
func (l *Lab) withStressor(ctx context.Context, run func() error) error {
	return l.beside(ctx, "the stressor", []string{helperStress},
		func(*process.Process, string) error { return run() })
}

// beside calls run, with the first line of the helper's output, while a helper runs. It is an error if the helper ends
// before run does, because then a part was measured without it.
func (l *Lab) beside(ctx context.Context, what string, args []string, run func(p *process.Process, line string) error) (
	err error) {
	p, err := process.Start(l.helper(args...), nil, nil)
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
		return fmt.Errorf("%s ended during the measurement: %w", what, err)
	default:
		return nil
	}
}
