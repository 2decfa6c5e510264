package twin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Under load a host of children leaves neither processes nor open files behind.
func TestNothingLeaksUnderLoad(t *testing.T) {
	s := startProgram(t, "cgi")
	if status, _ := s.text(t, s.url+probePath("a small body")); status != http.StatusOK {
		t.Fatalf("status %d, want 200", status)
	}
	s.client.CloseIdleConnections()
	settled := func() bool { return len(s.sockets(t)) <= 2 } // the listeners
	eventually(t, "the connection of the first request is closed", settled)
	before := s.openFiles(t)

	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				err := fetch(ctx, client, s.url+probePath("a body of 1500 bytes"))
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	client.CloseIdleConnections()

	var left []string
	if !within(patience, func() bool { left = s.children(t); return len(left) == 0 }) {
		t.Errorf("processes that are left: %q, want none", left)
	}
	var after []string
	if !within(patience, func() bool { after = s.openFiles(t); return len(after) <= len(before) }) {
		t.Errorf("%d open files after the load, %d before it; after:\n%s\nbefore:\n%s", len(after), len(before),
			strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
	if started := s.usage(t).ProcessesStarted; started < 8 {
		t.Errorf("only %d processes were started: that is no load", started)
	}
}

func fetch(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

// children lists the processes whose parent is the server: those that run, and those that nobody has waited for.
func (s *server) children(t *testing.T) (found []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil { // it has just ended
			continue
		}
		// pid (name) state ppid …, where the name may have blanks and parentheses: proc_pid_stat(5)
		end := strings.LastIndexByte(string(stat), ')')
		fields := strings.Fields(string(stat)[end+1:])
		if fields[1] == strconv.Itoa(s.pid) {
			found = append(found, fmt.Sprintf("%s) state %s", stat[:end], fields[0]))
		}
	}
	return found
}

// openFiles lists what the server has open.
func (s *server) openFiles(t *testing.T) (open []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", s.pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err == nil { // else it has just been closed
			open = append(open, e.Name()+" "+target)
		}
	}
	return open
}

func (s *server) sockets(t *testing.T) []string {
	return slices.DeleteFunc(s.openFiles(t), func(f string) bool { return !strings.Contains(f, " socket:") })
}
