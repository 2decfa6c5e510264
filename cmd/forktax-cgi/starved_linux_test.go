package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// scriptFile writes a shell script and returns its path.
func scriptFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func (h *host) gets() (status int, body string, err error) {
	resp, err := http.Get(h.url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// A host that has the CPU for 10 ms in each 310, as under a quota, blames no script for it: none is said to be too
// slow, or to have left a process behind.
func TestStarvedHost(t *testing.T) {
	h := startHost(t, scriptFile(t, `printf 'Content-Type: text/plain\n\nhello\n'`), "-idle-timeout", "1s",
		"-child-timeout", "2s")
	var over atomic.Bool
	var right atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for !over.Load() {
				status, body, err := h.gets()
				if err != nil || status != http.StatusOK || body != "hello\n" {
					t.Errorf("GET = %d %q, %v; want 200 hello", status, body, err)
					return
				}
				right.Add(1)
			}
		})
	}
	for range 15 {
		h.cmd.Process.Signal(syscall.SIGSTOP)
		time.Sleep(300 * time.Millisecond)
		h.cmd.Process.Signal(syscall.SIGCONT)
		time.Sleep(10 * time.Millisecond)
	}
	over.Store(true)
	all.Wait()
	if right.Load() == 0 {
		t.Error("no request was served")
	}
	if text := h.log.String(); text != "" {
		t.Errorf("log = %.500q, want nothing", text)
	}
}

// A host serves requests and shuts down although its log is not read.
func TestUnreadLog(t *testing.T) {
	h := startUnread(t, scriptFile(t, `yes a line of the log | head -c 200000 >&2
printf 'Content-Type: text/plain\n\nhello\n'`))
	for range 20 { // 4 MB
		if status, body, err := h.gets(); status != http.StatusOK || body != "hello\n" {
			t.Fatalf("GET = %d %q, %v; want 200 hello", status, body, err)
		}
	}
	begin := time.Now()
	h.cmd.Process.Signal(os.Interrupt)
	if err := h.cmd.Wait(); err != nil {
		t.Errorf("the host ended with %v", err)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the host took %v to end", took)
	}
}
