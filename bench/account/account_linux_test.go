package account_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forktax/bench/account"
	"forktax/bench/testenv"
)

// rounding is the tolerance for sums of a few times that the kernel has rounded to microseconds.
const rounding = 20 * time.Microsecond

// The tree consists of two processes. One uses CPU time and then continues, has ended, or has been waited for. The
// times that both report before and after the tree is read are the bounds of the correct result.
func TestTree(t *testing.T) {
	tests := map[string]struct {
		then, later []string // commands before and after the tree is read
		resolution  time.Duration
	}{
		"the child lives":             {nil, []string{"end", "reap"}, 0},
		"the child has ended":         {[]string{"end", "await"}, []string{"reap"}, 0},
		"the child was waited for":    {[]string{"end", "reap"}, nil, 2 * account.Tick},
		"the child ends on its own":   {[]string{"end"}, []string{"reap"}, 0},
		"the child has used its time": {[]string{"child burn"}, []string{"end", "reap"}, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			middle := started(t, "middle")
			child, err := middle.out.ReadString('\n')
			if err != nil {
				t.Fatalf("the middle process printed %q, %v", child, err)
			}
			before := read(t, middle.cmd.Process.Pid)
			if before.Resolution != 0 {
				t.Errorf("the resolution is %v before a process was waited for, want 0", before.Resolution)
			}
			middle.do(t, "child burn")
			least := middle.used(t, "child used") + middle.used(t, "used")
			for _, word := range test.then {
				middle.do(t, word)
			}
			after := read(t, middle.cmd.Process.Pid)
			for _, word := range test.later {
				middle.do(t, word)
			}
			most := middle.used(t, "used")
			if after.Used < least-after.Resolution-rounding || after.Used > most+rounding {
				t.Errorf("the tree has used %v ± %v, want %v to %v", after.Used, after.Resolution, least, most)
			}
			if got := after.Used - before.Used; got < burnt-after.Resolution-rounding {
				t.Errorf("the difference is %v ± %v, want %v or more", got, after.Resolution, burnt)
			}
			if after.Resolution != test.resolution {
				t.Errorf("the resolution is %v, want %v", after.Resolution, test.resolution)
			}
		})
	}
}

func read(t *testing.T, pids ...int) account.CPU {
	t.Helper()
	cpu, ok := account.Tree(pids...)
	if !ok {
		t.Fatalf("Tree(%v) = unknown", pids)
	}
	return cpu
}

func TestTreeHasEnded(t *testing.T) {
	worker := started(t, "worker")
	other := started(t, "worker")
	one := read(t, worker.cmd.Process.Pid) // first, as it may still be starting
	if both := read(t, worker.cmd.Process.Pid, other.cmd.Process.Pid); one.Used >= both.Used {
		t.Errorf("one of two processes has used %v, both %v, want more for both", one.Used, both.Used)
	}
	worker.in.Close()
	worker.cmd.Wait()
	if cpu, ok := account.Tree(other.cmd.Process.Pid, worker.cmd.Process.Pid); ok {
		t.Errorf("Tree of a process that has ended = %v, want unknown", cpu)
	}
}

// The sum for the children of this process is the same while they live and after they have been waited for.
func TestChildren(t *testing.T) {
	total := func(pids ...int) time.Duration {
		waited, living := account.Children(pids...)
		return living + time.Duration(waited.Utime.Nano()+waited.Stime.Nano())
	}
	before := total()
	worker := started(t, "worker")
	pid := worker.cmd.Process.Pid
	worker.do(t, "burn")
	least := worker.used(t, "used")
	if got := total(); got != before {
		t.Errorf("children that were waited for used %v, before that %v; want equal times", got, before)
	}
	living := total(pid) - before
	worker.in.Close()
	await(pid)
	ended := total(pid) - before
	worker.cmd.Wait()
	waited, most := total(pid)-before, total()-before
	if living < least-rounding || ended < living || waited < ended-rounding || waited != most {
		t.Errorf("a child used %v by its own count, %v while alive, %v after its end, %v after it was waited for, %v then "+
			"without its number; want these in order", least, living, ended, waited, most)
	}
}

// Children that end during a reading are counted exactly once.
func TestChildrenEnd(t *testing.T) {
	const children = 20
	var pids []int
	var workers []*actor
	for range children {
		worker := started(t, "worker")
		workers, pids = append(workers, worker), append(pids, worker.cmd.Process.Pid)
	}
	var ending sync.WaitGroup
	for _, worker := range workers {
		ending.Go(func() {
			worker.in.Close()
			worker.cmd.Wait()
		})
	}
	ended := make(chan struct{})
	go func() {
		ending.Wait()
		close(ended)
	}()
	var all []time.Duration
	for done := false; !done; {
		select {
		case <-ended:
			done = true
		default:
		}
		waited, living := account.Children(pids...)
		all = append(all, living+time.Duration(waited.Utime.Nano()+waited.Stime.Nano()))
	}
	for i, now := range all[1:] {
		if now < all[i]-children*rounding {
			t.Fatalf("children used %v, later %v, want no decrease", all[i], now)
		}
	}
}

// The CPU time of a group remains known after all its processes have ended.
func TestGroup(t *testing.T) {
	groups := account.NewGroups(fmt.Sprint("forktax-test-", os.Getpid()))
	if len(groups) == 0 {
		t.Skip("this user may not create a control group")
	}
	for version, g := range groups {
		t.Run(version, func(t *testing.T) {
			defer func() {
				if err := g.Remove(); err != nil {
					t.Error(err)
				}
				if _, err := os.Stat(g.Dir()); err == nil {
					t.Errorf("%s still exists", g.Dir())
				}
			}()
			middle, err := prepared("middle")
			if err != nil {
				t.Fatal(err)
			}
			g.Prepare(middle.cmd)
			if err := g.Start(middle.cmd.Start); err != nil {
				t.Fatal(err)
			}
			if line, err := middle.out.ReadString('\n'); err != nil {
				t.Fatalf("the middle process printed %q, %v", line, err)
			}
			for _, word := range []string{"child burn", "end", "reap"} {
				middle.do(t, word)
			}
			least := middle.used(t, "used")
			middle.in.Close()
			middle.cmd.Wait()
			r := middle.cmd.ProcessState.SysUsage().(*syscall.Rusage)
			most := time.Duration(r.Utime.Nano()+r.Stime.Nano()) + 10*time.Millisecond // tolerance for CPU time after its end
			cpu, ok := g.CPU()
			if !ok || cpu.Used < least-rounding || cpu.Used > most || cpu.Resolution > time.Microsecond {
				t.Errorf("the group has used %v ± %v, known: %t; want %v to %v ± at most 1 µs", cpu.Used, cpu.Resolution, ok,
					least, most)
			}
		})
	}
}

// Remove kills a remaining process of a group.
func TestGroupIsRemoved(t *testing.T) {
	for version, g := range account.NewGroups(fmt.Sprint("forktax-test-", os.Getpid())) {
		worker, err := prepared("worker")
		if err != nil {
			t.Fatal(err)
		}
		g.Prepare(worker.cmd)
		if err := g.Start(worker.cmd.Start); err != nil {
			t.Fatal(err)
		}
		go worker.cmd.Wait()
		if err := g.Remove(); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
	var none *account.Group
	start := func() error { return nil }
	if _, ok := none.CPU(); ok || none.Dir() != "" || none.Remove() != nil || none.Start(start) != nil {
		t.Error("a nil Group has a CPU time, a directory or an error")
	}
}

// An unprivileged user, who cannot read other users' processes, gets the same results.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("already running as an unprivileged user")
	}
	const nobody = 65534
	const tests = "^(TestTree|TestTreeHasEnded|TestChildren|TestChildrenEnd|TestMeter)$"
	cmd := exec.Command("/proc/self/exe", "-test.run="+tests, "-test.v")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n--- PASS") != 5 {
		t.Errorf("as user %d: %v\n%s", nobody, err, out)
	}
}

func TestTick(t *testing.T) {
	out, err := exec.Command(testenv.Program(t, "getconf", "libc-bin"), "CLK_TCK").Output()
	if err != nil || strings.TrimSpace(string(out)) != fmt.Sprint(int(time.Second/account.Tick)) {
		t.Errorf("getconf CLK_TCK prints %q, %v; want %d", out, err, time.Second/account.Tick)
	}
}
