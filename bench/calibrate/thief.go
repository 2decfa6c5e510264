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

// Limits of a burst of the thief: those of the time slices that a hypervisor takes from a shared core.
const (
	shortestTheft = time.Millisecond
	longestTheft  = 20 * time.Millisecond
)

// thiefLifetime is how long a thief lives whatever happens. It is far longer than any check, beside which it runs.
const thiefLifetime = 30 * time.Minute

// First words of the line that a thief prints.
const (
	thiefReady   = "ready"   // and the number of cores
	thiefRefused = "refused" // and the reason
)

// thief is a helper that takes a share of each core, as a hypervisor does that has promised it twice: one thread for
// each core, pinned and at real-time priority, is busy in bursts and sleeps between them. The only argument is the
// share; 0.1 is 10 %. It ends with ctx, when in closes, when its parent has died, and after thiefLifetime.
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
	runtime.GOMAXPROCS(len(cores) + 2) // bursts must not delay the goroutines that notice the end
	useRealTime()                      // the same for their threads
	parent, taken := os.Getppid(), make(chan error, len(cores))
	var all sync.WaitGroup
	for _, core := range cores {
		all.Go(func() {
			runtime.LockOSThread() // until the thread ends with its goroutine: no other may have its priority
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
	return 0, fmt.Errorf("%q: a share of each core is needed, above 0 and at most 0.5", args)
}

// steal is busy and sleeps in turn. A burst is counted in CPU time of the thread, so that what interrupts it is not
// counted as stolen. Each pause depends on the burst before it, so that also a short time has about its share.
func steal(ctx context.Context, share float64, parent int) {
	timer := time.NewTimer(time.Duration(rand.Float64() * float64(longestTheft) / share)) // cores are out of step
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

// theftLength is how long a burst is, log-uniform, of a number from 0 to 1.
func theftLength(u float64) time.Duration {
	return time.Duration(float64(shortestTheft) * math.Pow(float64(longestTheft)/float64(shortestTheft), u))
}

// A refusedThiefError is returned where a thief is not permitted.
type refusedThiefError struct{ reason string }

func (e *refusedThiefError) Error() string {
	return "a thief is a process at real-time priority, which is not permitted here: " + e.reason
}

// besideThief has a thief take the share of each core as long as run takes. It returns the share that it really took.
func (l *Lab) besideThief(ctx context.Context, share float64, run func() error) (took float64, err error) {
	if l.thief != nil {
		return l.thief(share, run)
	}
	args := []string{helperThief, strconv.FormatFloat(share, 'g', -1, 64)}
	err = l.beside(ctx, "a thief", args, func(p *process.Process, line string) error {
		word, rest, _ := strings.Cut(line, " ")
		if word == thiefRefused {
			return &refusedThiefError{rest}
		}
		cores, err := strconv.Atoi(rest)
		if word != thiefReady || err != nil {
			return fmt.Errorf("starting a thief: it said %q", line)
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
			return fmt.Errorf("measuring a thief: %w", p.ExitErrorOr(ctx, err))
		}
		took = float64(after-before) / float64(time.Since(began)) / float64(cores)
		return nil
	})
	return took, err
}
