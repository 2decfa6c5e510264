package account_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"forktax/bench/account"
	"forktax/bench/testenv"
)

// A living worker is read directly; a worker that has ended is counted by its parent.
func TestMeter(t *testing.T) {
	tests := map[string]struct {
		supervised bool
		processes  int64
	}{
		"a server":             {false, 2},
		"a supervisor's child": {true, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			middle := started(t, "middle")
			if line, err := middle.out.ReadString('\n'); err != nil {
				t.Fatalf("the middle process printed %q, %v", line, err)
			}
			m := account.Meter{PIDs: []int{middle.cmd.Process.Pid}, Supervised: test.supervised}
			read := func() account.Reading {
				t.Helper()
				r, known := m.Read()
				if !known || r.OnlyCPU {
					t.Fatalf("Read = %+v, %t", r, known)
				}
				return r
			}
			before := read()
			middle.do(t, "child burn")
			living := read()
			if got := living.Used - before.Used; got < burnt-rounding {
				t.Errorf("a living worker used %v, want at least %v", got, burnt)
			}
			const megabyte = 1 << 20 // a Go process has several
			if living.Processes != test.processes || living.PeakMemory < test.processes*megabyte || living.EndedFaults != 0 ||
				living.MinorFaults <= 0 || living.Resolution != 0 {
				t.Errorf("with a living worker Read = %+v, want %d processes with some megabytes each, and page faults",
					living, test.processes)
			}
			middle.do(t, "end")
			middle.do(t, "reap")
			ended := read()
			if ended.Used < living.Used-ended.Resolution || ended.Resolution != 2*account.Tick {
				t.Errorf("CPU time %v, later %v ± %v; want equal ± 20 ms", living.Used, ended.Used, ended.Resolution)
			}
			if ended.Processes != test.processes || ended.EndedFaults <= 0 || ended.MinorFaults < living.MinorFaults {
				t.Errorf("Read = %+v, after the end of the worker %+v; want equal processes and no fewer faults", living, ended)
			}
		})
	}
}

// If a server ignores SIGCHLD, only a control group has the CPU time of its children, and everything else is unknown.
func TestMeterOfForgottenChildren(t *testing.T) {
	python := testenv.Program(t, "python3", "python3") // before the group, which would be left if the test ended here
	group := account.NewGroup(fmt.Sprint("forktax-test-meter-", os.Getpid()))
	for name, g := range map[string]*account.Group{"without a group": nil, "in a group": group} {
		t.Run(name, func(t *testing.T) {
			if name == "in a group" && g == nil {
				t.Skip("this user may not create a control group")
			}
			cmd := exec.Command(python, "-c", "import signal, sys\n"+
				"signal.signal(signal.SIGCHLD, signal.SIG_IGN); print('ready', flush=True); sys.stdin.read()")
			g.Prepare(cmd)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := g.Start(cmd.Start); err != nil {
				t.Fatal(err)
			}
			defer g.Remove()
			defer cmd.Wait()
			defer in.Close()
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Fatal(err)
			}
			m := account.Meter{Group: g, PIDs: []int{cmd.Process.Pid}}
			r, known := m.Read()
			if known != (g != nil) || r.OnlyCPU != known || r.PeakMemory != 0 || r.MinorFaults != 0 {
				t.Errorf("Read = %+v, %t; want only the CPU time, with that of a group", r, known)
			}
		})
	}
}
