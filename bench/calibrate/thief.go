package calibrate

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"forktax/bench/process"
)

// Limits of the length of a thief's burst: those of the time slices that a hypervisor takes from a shared core.
const (
	shortestTheft = time.Millisecond
	longestTheft  = 20 * time.Millisecond
)

// thiefLifetime is the time after which a thief ends in any case. It is far longer than any check.
const thiefLifetime = 30 * time.Minute

// First words of the line that a thief prints.
const (
	thiefReady   = "ready"   // followed by the number of cores
	thiefRefused = "refused" // followed by the reason
)

// thief is a helper that takes a share of each core, like the hypervisor of an overcommitted host. One thread per core,
// pinned and at real-time priority, is busy in bursts and sleeps between them. The only argument is the share; 0.1 is
// 10%. The thief ends with ctx, when in closes, when its parent has died, and after thiefLifetime.
func thief(ctx context.Context, args []string, in io.Reader, stdout io.Writer) error {
	share, err := shareOf(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(untilClosed(ctx, in), thiefLifetime)
	defer cancel()
	cores, err := ownCores()
	if err != nil {
		_, err := fmt.Fprintln(stdout, thiefRefused, err)
		return err
	}
	runtime.GOMAXPROCS(len(cores) + 2) // bursts must not delay the goroutines that end the thief
	useRealTime()                      // nor their threads
	parent, taken := os.Getppid(), make(chan error, len(cores))
	var all sync.WaitGroup
	for _, core := range cores {
		all.Go(func() {
			runtime.LockOSThread() // the thread ends with its goroutine, so no other goroutine gets its priority
			err := takeCore(core)
			taken <- err
			if err == nil {
				steal(ctx, share, parent)
			}
		})
	}
	line := fmt.Sprint(thiefReady, " ", len(cores))
	for range cores {
		if err := <-taken; err != nil {
			line = fmt.Sprint(thiefRefused, " ", err)
			cancel()
		}
	}
	_, err = fmt.Fprintln(stdout, line)
	all.Wait()
	return err
}

func shareOf(args []string) (float64, error) {
	if len(args) == 1 {
		if share, err := strconv.ParseFloat(args[0], 64); err == nil && share > 0 && share <= 0.5 {
			return share, nil
		}
	}
	return 0, fmt.Errorf("%q: must be a share of each core, above 0 and at most 0.5", args)
}

// steal alternates bursts and pauses. A burst is measured in CPU time of the thread, so interruptions do not count as
// stolen. Each pause is proportional to the burst before it, so that short periods have about the right share, too.
func steal(ctx context.Context, share float64, parent int) {
	timer := time.NewTimer(time.Duration(rand.Float64() * float64(longestTheft) / share)) // desynchronises the cores
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		if os.Getppid() != parent {
			return
		}
		burst := theftLength(rand.Float64())
		for began := threadCPU(); threadCPU()-began < burst; {
		}
		timer.Reset(time.Duration(float64(burst) * (1 - share) / share * (0.5 + rand.Float64())))
	}
}

// theftLength returns the length of a burst for u from 0 to 1: log-uniform if u is uniform.
func theftLength(u float64) time.Duration {
	return time.Duration(float64(shortestTheft) * math.Pow(float64(longestTheft)/float64(shortestTheft), u))
}

// A refusedThiefError is returned where a thief is not permitted.
type refusedThiefError struct{ reason string }

func (e *refusedThiefError) Error() string {
	return "the thief needs real-time priority, which is not permitted here: " + e.reason
}

// besideThief calls run while a thief takes the share of each core. It returns the share that the thief really took.
func (l *Lab) besideThief(ctx context.Context, share float64, run func() error) (took float64, err error) {
	if l.thief != nil {
		return l.thief(share, run)
	}
	args := []string{helperThief, strconv.FormatFloat(share, 'g', -1, 64)}
	err = l.beside(ctx, "the thief", args, func(p *process.Process, line string) error {
		word, rest, _ := strings.Cut(line, " ")
		if word == thiefRefused {
			return &refusedThiefError{rest}
		}
		cores, err := strconv.Atoi(rest)
		if word != thiefReady || err != nil {
			return fmt.Errorf("starting the thief: unexpected output %q", line)
		}
		began := time.Now()
		before, err := cpuOf(p.PID())
		if err == nil {
			err = run()
		}
		if err != nil {
			return err
		}
		after, err := cpuOf(p.PID())
		if err != nil {
			return fmt.Errorf("measuring the CPU time of the thief: %w", p.ExitErrorOr(ctx, err))
		}
		took = float64(after-before) / float64(time.Since(began)) / float64(cores)
		return nil
	})
	return took, err
}
