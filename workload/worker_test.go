package workload_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// workerVariable is "host" for a test program with another model, whose requests are served by a long-running child. It
// is "worker" for that child.
const workerVariable = "PROBE_WORKER"

// workerModel is the model with a long-running child.
var workerModel = contract.Model{Name: "worker", About: "a long-running child",
	Process: contract.Kept, State: contract.Kept, Connection: contract.Kept}

// burnt is the CPU time that a worker uses for a request.
const burnt = 200 * time.Millisecond

// work is the main function of a worker: it uses CPU time for each line of its input, and then prints a line.
func work() {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		for begin := ownCPU(); ownCPU() < begin+burnt; {
		}
		fmt.Println("burnt")
	}
}

func ownCPU() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// startWorker serves /burn, which makes a worker use CPU time, and /end, which ends the worker and responds with its
// total CPU time in nanoseconds.
func startWorker(context.Context, model.Program) (model.Server, error) {
	self, err := os.Executable()
	if err != nil {
		return model.Server{}, err
	}
	worker := exec.Command(self)
	worker.Env = append(os.Environ(), workerVariable+"=worker", "GORACE=atexit_sleep_ms=0")
	in, err := worker.StdinPipe()
	if err != nil {
		return model.Server{}, err
	}
	out, err := worker.StdoutPipe()
	if err != nil {
		return model.Server{}, err
	}
	if err := worker.Start(); err != nil {
		return model.Server{}, err
	}
	lines := bufio.NewReader(out)
	mux := http.NewServeMux()
	mux.HandleFunc("/burn", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(in, "burn\n")
		line, err := lines.ReadString('\n')
		fmt.Fprint(w, line, err)
	})
	var ended atomic.Bool
	end := func() error {
		if ended.Swap(true) {
			return nil
		}
		in.Close()
		return worker.Wait()
	}
	mux.HandleFunc("/end", func(w http.ResponseWriter, _ *http.Request) {
		end()
		fmt.Fprint(w, int64(worker.ProcessState.UserTime()+worker.ProcessState.SystemTime()))
	})
	began := contract.Now()
	children := func() []contract.Child {
		c := contract.Child{PID: worker.Process.Pid, BeganNS: began}
		if ended.Load() {
			c.EndedNS = contract.Now()
		}
		return []contract.Child{c}
	}
	return model.Server{Handler: mux, Children: children, Close: end}, nil
}

// The CPU time of a long-running child is in the usage while it is running, and still after it has exited.
func TestUsageOfWorker(t *testing.T) {
	s := startProgram(t, workerModel.Name, workerVariable+"=host")
	children := func() time.Duration { return time.Duration(s.usage(t).ChildrenCPUNS) }
	before := children()
	for range 2 {
		if status, text := s.text(t, s.url+"/burn"); status != http.StatusOK || text != "burnt\n<nil>" {
			t.Fatalf("GET /burn = %d %q", status, text)
		}
	}
	living := children()
	if got := living - before; got < 2*burnt-time.Millisecond {
		t.Errorf("CPU time of a running worker for two requests = %v, want %v", got, 2*burnt)
	}
	var ns int64
	status, text := s.text(t, s.url+"/end")
	if _, err := fmt.Sscan(text, &ns); err != nil || status != http.StatusOK {
		t.Fatalf("GET /end = %d %q, %v", status, text, err)
	}
	const (
		rounding = 10 * time.Microsecond // the kernel rounds the CPU time of exited children
		probing  = time.Millisecond      // package os starts a child to check the features of the kernel
	)
	ended, all := children(), time.Duration(ns)
	if ended < living-rounding || (ended-all).Abs() > probing {
		t.Errorf("CPU time of children = %v before the worker exited, %v after; want %v after", living, ended, all)
	}
}
