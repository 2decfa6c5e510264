//go:build slow

package workload_test

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
	"sync/atomic"
	"testing"
	"time"

	"forktax/workload/contract"
	"forktax/workload/probes"
)

// No model leaves processes, open files or goroutines behind after a load.
func TestNothingLeaksUnderLoad(t *testing.T) {
	t.Setenv(contract.EnvExporter, exporter(t, `printf 'Content-Type: text/x-metrics\n\n'; cat`))
	for _, model := range allModels(t) {
		t.Run(model, func(t *testing.T) {
			s := startProgram(t, model)
			s.load(t, 100*time.Millisecond) // creates what stays
			workers := s.settledChildren(t)
			goroutines, files := s.snapshot(t).Goroutines, len(s.settledFiles(t))
			responses := s.load(t, time.Second)

			var left []string
			if !within(patience, func() bool { left = s.children(t); return len(left) <= workers }) {
				t.Errorf("processes left: %q, want %d workers", left, workers)
			}
			var after []string
			if !within(patience, func() bool { after = s.settledFiles(t); return len(after) <= files }) {
				t.Errorf("%d open files after the load, %d before; after:\n%s", len(after), files, strings.Join(after, "\n"))
			}
			if !within(patience, func() bool { return s.snapshot(t).Goroutines <= goroutines }) {
				t.Errorf("%d goroutines after the load, %d before", s.snapshot(t).Goroutines, goroutines)
			}
			if responses < 8 {
				t.Errorf("%d responses during the load, want at least 8", responses)
			}
		})
	}
}

// load sends requests by 8 clients for the given time, and returns the number of valid responses.
func (s *server) load(t *testing.T, length time.Duration) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	var responses atomic.Int64
	for range 8 {
		all.Go(func() {
			for ctx.Err() == nil {
				err := fetch(ctx, client, s.url+probes.Path("a body of 1500 bytes"))
				if err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
				responses.Add(1)
			}
		})
	}
	all.Wait()
	return responses.Load()
}

// settledChildren returns the number of child processes when it has not changed for a while: workers may be starting.
func (s *server) settledChildren(t *testing.T) (n int) {
	t.Helper()
	since := time.Now()
	eventually(t, "the number of children is steady", func() bool {
		if now := len(s.children(t)); now != n {
			n, since = now, time.Now()
		}
		return time.Since(since) > 300*time.Millisecond
	})
	return n
}

// settledFiles returns the open files of the server after the connections of its clients were closed.
func (s *server) settledFiles(t *testing.T) []string {
	t.Helper()
	s.client.CloseIdleConnections()
	eventually(t, "the clients' connections are closed", func() bool { return len(s.sockets(t)) <= 2 }) // the listeners
	return s.openFiles(t)
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

// children returns the child processes of the server: running ones, and zombies.
func (s *server) children(t *testing.T) (found []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil { // the process has just exited
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

// openFiles returns the open files of the server.
func (s *server) openFiles(t *testing.T) (open []string) {
	t.Helper()
	dir := fmt.Sprintf("/proc/%d/fd", s.pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err == nil { // otherwise it has just been closed
			open = append(open, e.Name()+" "+target)
		}
	}
	return open
}

// sockets returns the open TCP sockets of the server. Its workers are connected by others.
func (s *server) sockets(t *testing.T) []string {
	var tcp string
	for _, table := range []string{"tcp", "tcp6"} {
		text, err := os.ReadFile("/proc/net/" + table)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		tcp += string(text)
	}
	return slices.DeleteFunc(s.openFiles(t), func(f string) bool {
		_, inode, is := strings.Cut(f, " socket:[")
		return !is || !strings.Contains(tcp, " "+strings.TrimSuffix(inode, "]")+" ")
	})
}
