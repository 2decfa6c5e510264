package spawn

import (
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// TuneScheduler prepares this process for starting many others. The effect of each part is in
// docs/decisions/0024-scheduling-of-the-host.md.
//
// A thread that starts a process keeps its P (a slot of Go's scheduler) while it waits in the kernel, so GOMAXPROCS is
// doubled unless the environment sets it. With SCHED_BATCH, a thread or child that wakes up does not preempt a child
// that is about to exit.
var TuneScheduler = sync.OnceFunc(func() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
	useBatchPolicy()
})

// A Processors sets GOMAXPROCS for a host: to 1 while it has one child at a time, and to the value of TuneScheduler
// while it has more. With idle Ps, Go wakes further threads at each event, which look for work: with one child, they
// take a third of the CPU time of a request, and delay it.
type Processors struct {
	many  int32
	now   atomic.Int32
	quiet time.Duration // how long there has been one child at most; used by the watching goroutine only
}

// quietFor is the time with one child at most after which GOMAXPROCS becomes 1.
const quietFor = time.Second

// NewProcessors returns nil if GOMAXPROCS is set by the environment.
func NewProcessors() *Processors {
	if os.Getenv("GOMAXPROCS") != "" {
		return nil
	}
	p := &Processors{many: int32(runtime.GOMAXPROCS(0))}
	p.set(1)
	return p
}

func (p *Processors) set(n int32) {
	if p != nil && p.now.Swap(n) != n {
		runtime.GOMAXPROCS(int(n))
	}
}

// Raise is called when there is more than one child.
func (p *Processors) Raise() {
	if p != nil {
		p.set(p.many)
	}
}

// Observe is called after each interval with the largest number of children in it.
func (p *Processors) Observe(children int, interval time.Duration) {
	switch {
	case p == nil:
	case children > 1:
		p.quiet = 0
	default:
		if p.quiet += interval; p.quiet >= quietFor {
			p.set(1)
		}
	}
}
