package account_test

import (
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/account"
)

// The wait of threads that share a CPU is counted, including threads that start after the first reading. It remains
// counted after they have ended.
func TestRunQueue(t *testing.T) {
	q := account.RunQueueOf(os.Getpid())
	defer q.Close()
	before, known := q.Read()
	if !known {
		t.Fatal("the kernel does not count time in run queues")
	}
	busy := make(chan struct{})
	var all sync.WaitGroup
	one := firstCPU(t)
	for range 3 {
		all.Go(func() {
			runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
			if err := unix.SchedSetaffinity(0, &one); err != nil {
				t.Error(err)
				return
			}
			for stop := (<-chan struct{})(busy); ; {
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	var during time.Duration
	enough := before + 50*time.Millisecond
	for deadline := time.Now().Add(20 * time.Second); during < enough && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
		if during, known = q.Read(); !known {
			t.Fatal("Read = unknown after a successful reading")
		}
	}
	close(busy)
	all.Wait()
	after, known := q.Read()
	if during < enough || after < during || !known {
		t.Errorf("threads waited %v, then %v, then %v; want an increase of 50 ms, then no decrease", before, during, after)
	}
}

// firstCPU returns the first CPU that this process may run on.
func firstCPU(t *testing.T) (one unix.CPUSet) {
	t.Helper()
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; ; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
			return one
		}
	}
}

// Descendants of the root are counted. The wait of a tree whose root has ended is unknown.
func TestRunQueueOfTree(t *testing.T) {
	middle := started(t, "middle")
	if line, err := middle.out.ReadString('\n'); err != nil {
		t.Fatalf("the middle process printed %q, %v", line, err)
	}
	pid := middle.cmd.Process.Pid
	one, tree := account.RunQueueOf(pid), account.RunQueueOfTree(pid)
	defer one.Close()
	defer tree.Close()
	middle.do(t, "child burn")
	alone, known := one.Read()
	both, alsoKnown := tree.Read()
	if !known || !alsoKnown || both < alone {
		t.Errorf("the process waited %v, %t, and with its child %v, %t", alone, known, both, alsoKnown)
	}
	middle.do(t, "end")
	middle.do(t, "reap")
	if later, known := tree.Read(); !known || later < both {
		t.Errorf("the tree waited %v, after the end of the child %v, %t", both, later, known)
	}
	middle.in.Close()
	middle.cmd.Wait()
	for _, q := range []*account.RunQueue{one, tree, nil, account.RunQueueOf(pid)} {
		if wait, known := q.Read(); known {
			t.Errorf("Read of a process that has ended = %v, want unknown", wait)
		}
	}
}

// A kernel that does not count has only zeros, which must be reported as unknown.
func TestRunQueueFiles(t *testing.T) {
	tests := map[string]struct {
		files map[string]string
		wait  time.Duration
		known bool
	}{
		"two threads": {map[string]string{
			"7/task/7/schedstat": "100 20 3\n", "7/task/9/schedstat": "0 5 1\n"},
			25, true},
		"not counted":                {map[string]string{"7/task/7/schedstat": "0 0 0\n"}, 0, false},
		"without the file":           {map[string]string{"7/task/7/stat": "7 (a) S\n"}, 0, false},
		"no such process":            {map[string]string{"8/task/8/schedstat": "100 20 3\n"}, 0, false},
		"a file that cannot be read": {map[string]string{"7/task/7/schedstat": "100"}, 0, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			q := account.RunQueueIn(written(t, test.files), 7)
			defer q.Close()
			if wait, known := q.Read(); wait != test.wait || known != test.known {
				t.Errorf("Read = %v, %t, want %v, %t", wait, known, test.wait, test.known)
			}
		})
	}
}

func BenchmarkRunQueue(b *testing.B) {
	q := account.RunQueueOf(os.Getpid())
	defer q.Close()
	for b.Loop() {
		q.Read()
	}
	entries, _ := os.ReadDir("/proc/self/task")
	b.ReportMetric(float64(len(entries)), "threads")
}
