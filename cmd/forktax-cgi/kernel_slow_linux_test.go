//go:build slow

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// scripts returns a directory with shell scripts.
func scripts(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// get returns the status and body of a response, or 0 and an error.
func (h *host) get(path string) (status int, body string) {
	resp, err := http.Get(h.url + "/" + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// The kernel kills a child that needs more memory than its control group has. That costs its request, and no other.
func TestMemoryOfControlGroup(t *testing.T) {
	parent, limit, swap := "/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"
	if _, err := os.Stat(parent); err != nil { // version 2
		parent, limit, swap = "/sys/fs/cgroup", "memory.max", "memory.swap.max"
	}
	group := fmt.Sprintf("%s/forktax-test-%d", parent, os.Getpid())
	err := os.Mkdir(group, 0o755)
	if err == nil {
		defer syscall.Rmdir(group)
		err = os.WriteFile(filepath.Join(group, limit), []byte("32M"), 0)
		_ = os.WriteFile(filepath.Join(group, swap), []byte("32M"), 0) // if there is no swap, this is not needed
	}
	if err != nil {
		testenv.Skip(t, fmt.Errorf("a control group with a limit of memory: %w", err))
	}
	h := startHost(t, scripts(t, map[string]string{
		"greedy": "echo $$ >" + group + "/cgroup.procs && exec dd if=/dev/zero bs=500M count=1",
		"modest": "echo $$ >" + group + "/cgroup.procs && " + plainHead + "echo hello",
	}), "-idle-timeout", "20s")
	for range 3 {
		if status, body := h.get("greedy"); status != http.StatusBadGateway {
			t.Errorf("a child that needs too much memory: status %d, %q; want 502", status, body)
		}
		if status, body := h.get("modest"); status != http.StatusOK || body != "hello\n" {
			t.Errorf("the next child: status %d, %q; want 200 and hello", status, body)
		}
	}
	if n := strings.Count(h.log.String(), "the program was killed (signal: killed)"); n != 3 {
		t.Errorf("the log has %d killed children, want 3:\n%s", n, h.log.String())
	}
}

// Process IDs that are used again at once confuse nothing: each response is that of its child, and all children are
// waited for. The host runs in a namespace, in which children set the last ID back.
func TestReusedProcessIDs(t *testing.T) {
	unshare := testenv.Program(t, "unshare", "util-linux")
	const clients, requests = 8, 100
	h := &host{T: t, within: []string{unshare, "--fork", "--pid", "--mount-proc", "--kill-child"}}
	h.start(&h.log, scripts(t, map[string]string{
		"rewind": "echo 1000 >/proc/sys/kernel/ns_last_pid\n" + plainHead + "echo $$ $QUERY_STRING",
		"sleeps": "echo 1000 >/proc/sys/kernel/ns_last_pid\nsleep 60",
		"leaves": "sleep 60 >&- 2>&- & echo 1000 >/proc/sys/kernel/ns_last_pid\n" + plainHead + "echo $$ $QUERY_STRING",
	}), "-max-children", strconv.Itoa(clients), "-idle-timeout", "3s")
	t.Cleanup(h.kill)
	var mu sync.Mutex
	seen := map[string]int{}
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for i := range requests {
				name, number := "rewind", fmt.Sprint(client*requests+i)
				if i == requests/2 { // what it leaves behind keeps its ID
					name = "leaves"
				}
				if i == requests/4 { // what ends it finds its processes by their IDs
					if status, _ := h.get("sleeps"); status != http.StatusGatewayTimeout {
						t.Errorf("a child that is silent: status %d, want 504", status)
					}
				}
				status, body := h.get(name + "?" + number)
				pid, rest, _ := strings.Cut(strings.TrimSpace(body), " ")
				if status != http.StatusOK || rest != number {
					t.Errorf("request %s: status %d, %q; log:\n%s", number, status, body, h.log.String())
					return
				}
				mu.Lock()
				seen[pid]++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(seen) == 0 || clients*requests/len(seen) < 5 {
		t.Errorf("%d requests had children with %d IDs, want each ID several times", clients*requests, len(seen))
	}
	var s contract.Snapshot
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(h.admin + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		err = json.NewDecoder(resp.Body).Decode(&s)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if s.ChildrenRunning == 0 || time.Now().After(deadline) {
			break
		}
	}
	if s.ChildrenRunning != 0 || s.ChildrenFailed != clients || s.Requests[200] != clients*requests {
		t.Errorf("%d running, %d failed, responses %v; want none, %d and %d with status 200", s.ChildrenRunning,
			s.ChildrenFailed, s.Requests, clients, clients*requests)
	}
}
