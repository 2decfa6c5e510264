package run_test

import (
	"errors"
	"os"
	"os/exec"
	"testing"

	"forktax/bench/account"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/bench/testenv"
)

// A block has the CPU waits of the harness and of its target. They are unknown for a target whose process is unknown,
// and if the run does not record the machine's counters.
func TestWaits(t *testing.T) {
	own := account.RunQueueOf(os.Getpid())
	if _, known := own.Read(); !known {
		testenv.Skip(t, errors.New("the kernel does not count how long threads wait for a CPU (CONFIG_SCHED_INFO)"))
	}
	own.Close()
	server := exec.Command("sleep", "600")
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		server.Process.Kill()
		server.Wait()
	}()
	launcher := amended{&fakeLauncher{}, func(t *subject.Target) {
		if t.Model == "cgi" {
			t.PID = server.Process.Pid
		}
	}}
	for name, machine := range map[string]func() record.Counters{"not recorded": nil,
		"recorded": func() record.Counters { return record.Counters{} }} {
		t.Run(name, func(t *testing.T) {
			r := newRunner(t, somePlan(), launcher, &fakeEngine{})
			r.Machine = machine
			if err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			for i, b := range read(t, r.Record.Dir).Blocks {
				isCGI := r.Plan.Cells[b.Cell].Model == "cgi"
				if got := b.GeneratorWait.RunQueueNS; (got != nil) != (machine != nil) {
					t.Errorf("block %d: wait of the harness = %v; want it known: %t", i, got, machine != nil)
				}
				if got := b.TargetWait.RunQueueNS; (got != nil) != (machine != nil && isCGI) {
					t.Errorf("block %d: wait of the target = %v; want it known: %t", i, got, machine != nil && isCGI)
				}
				if b.TargetWait.Throttling != nil {
					t.Errorf("block %d: throttling of a target in the control groups of this process: %+v", i,
						b.TargetWait)
				}
				limiters := account.LimitersOf(0)
				if got := b.GeneratorWait.Throttling; (got != nil) != (machine != nil && limiters != nil) {
					t.Errorf("block %d: throttling %+v; control groups that count: %t", i, got, limiters != nil)
				}
				limiters.Close()
			}
		})
	}
}
