package traps_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/process"
	"forktax/bench/subject"
	"forktax/bench/testenv"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

// get is the request of all tests.
var get = []contract.Request{{Name: "get", Method: "GET", Path: "/"}}

// codes returns the codes of the traps, in order.
func codes(found []subject.Trap) string {
	var all []string
	for _, trap := range found {
		all = append(all, trap.Code)
	}
	return strings.Join(all, " ")
}

// find returns the trap with that code; nil if it was not found.
func find(found []subject.Trap, code string) *subject.Trap {
	if i := slices.IndexFunc(found, func(trap subject.Trap) bool { return trap.Code == code }); i >= 0 {
		return &found[i]
	}
	return nil
}

// start starts a server with a command, in which it replaces {port}, and waits until it listens.
func start(t *testing.T, env []string, command ...string) traps.Case {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	for i := range command {
		command[i] = strings.ReplaceAll(command[i], "{port}", fmt.Sprint(port))
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), env...)
	p, err := process.Start(cmd, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.AnyExit = true
	t.Cleanup(func() {
		if err := p.Stop(10*time.Second, nil); err != nil {
			t.Error(err)
		}
	})
	c := traps.Case{Model: "persistent", Command: strings.Join(command, " "), PID: p.PID(),
		URL: fmt.Sprintf("http://127.0.0.1:%d", port), Requests: get, Clients: 1, Reused: true}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	client := subject.NewClient()
	err = process.Until(ctx, func() error {
		_, err := subject.Fetch(ctx, client, c.URL, get[0])
		return err
	}, p)
	client.CloseIdleConnections() // an idle connection may occupy a worker
	if err != nil {
		t.Fatalf("%s: %v", c.Command, err)
	}
	return c
}

// python starts the resident server in testdata.
func python(t *testing.T, options ...string) traps.Case {
	t.Helper()
	return start(t, nil, append([]string{testenv.Program(t, "python3", "python3"), "testdata/resident.py", "{port}"},
		options...)...)
}

// Detect closes all its connections.
func TestDetectLeavesNothingBehind(t *testing.T) {
	c := python(t, "whole", "backlog=128")
	c.Clients = 8
	if found := traps.Detect(t.Context(), c); found != nil {
		t.Errorf("Detect = %v, want no trap", found)
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system has no /proc/self/fd")
	}
	for _, file := range open {
		if to, _ := os.Readlink("/proc/self/fd/" + file.Name()); strings.HasPrefix(to, "socket:") {
			t.Errorf("a socket is open: %s", to)
		}
	}
}

func TestDetectOfAServerThatHasEnded(t *testing.T) {
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	c := traps.Case{URL: fmt.Sprintf("http://127.0.0.1:%d", port), Requests: get, Clients: 8, Reused: true, PID: 1 << 22}
	if found := traps.Detect(t.Context(), c); found != nil {
		t.Errorf("Detect = %v, want no trap", found)
	}
}
