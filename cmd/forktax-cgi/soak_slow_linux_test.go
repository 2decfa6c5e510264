//go:build slow

package main

import (
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A host under load, where 1 request in 20 fails in one of many ways, gives each the expected response, and its use of
// resources does not grow. The task soak runs this test for 10 minutes.
func TestSoak(t *testing.T) {
	const clients, wrongEvery = 64, 20
	h := startHost(t, scriptDir(t), "-idle-timeout", "3s", "-max-response", "1MiB", "-max-children", "64")
	if *stepClock {
		defer stepping(t)()
	}
	end := time.Now().Add(*soakFor)
	var right, wrong atomic.Int64
	counts, wrongs := make([]atomic.Int64, len(ways)), make([]atomic.Int64, len(ways))
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			defer client.CloseIdleConnections()
			for n := i; time.Now().Before(end); n++ {
				k := 0
				if n%wrongEvery == 0 {
					k = 1 + n/wrongEvery%(len(ways)-1)
				}
				counts[k].Add(1)
				if err := ways[k].ask(client, h.url); err != nil {
					wrong.Add(1)
					if wrongs[k].Add(1) <= 2 {
						t.Error(err)
					}
					continue
				}
				right.Add(1)
			}
		})
	}
	var states []state // one per second
	for time.Now().Before(end) {
		states = append(states, h.state())
		time.Sleep(time.Second)
	}
	all.Wait()
	t.Logf("%d expected responses, %d others", right.Load(), wrong.Load())
	for i, w := range ways {
		t.Logf("%8d %-24s %d not as expected", counts[i].Load(), w.name, wrongs[i].Load())
	}
	const minute = 60
	first, later := median(states[:min(minute, len(states))]), median(states[max(0, len(states)-minute):])
	t.Logf("medians of the first minute: %+v, of the last: %+v", first, later)
	grows := func(from, to int) bool { return to > from+from/5 }
	if *soakFor > time.Minute && (grows(first.Files, later.Files) || grows(first.Goroutines, later.Goroutines) ||
		grows(first.MemoryMB, later.MemoryMB) || later.Zombies > first.Zombies+1) {
		t.Errorf("use of resources grows: in the first minute %+v, in the last %+v", first, later)
	}
	var last state
	for wait := time.Now().Add(30 * time.Second); time.Now().Before(wait); time.Sleep(100 * time.Millisecond) {
		if last = h.state(); last.Children+last.Marked == 0 && last.Files < 30 && last.Goroutines < 30 {
			return
		}
	}
	t.Errorf("30 s after the load: %+v, want no children, and fewer than 30 files and goroutines", last)
}

// During an overload all statuses are 200 or 503, and 1 s after it response times are as before.
func TestOverload(t *testing.T) {
	const clients, atOnce, queue = 1000, 32, 64
	h := startHost(t, filepath.Join(scriptDir(t), "well"),
		"-max-children", fmt.Sprint(atOnce), "-queue", fmt.Sprint(queue))
	length := min(max(*soakFor/10, time.Second), 10*time.Second)
	middle := func() time.Duration {
		var took []time.Duration
		for end := time.Now().Add(length / 2); time.Now().Before(end); {
			begin := time.Now()
			if err := ways[0].ask(http.DefaultClient, h.url); err != nil {
				t.Fatal(err)
			}
			took = append(took, time.Since(begin))
		}
		slices.Sort(took)
		return took[len(took)/2]
	}
	before := middle()
	var counts sync.Map
	var all sync.WaitGroup
	end := time.Now().Add(length)
	for range clients {
		all.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			defer client.CloseIdleConnections()
			for time.Now().Before(end) {
				resp, err := client.Get(h.url)
				what := fmt.Sprint(err)
				if err == nil {
					_, err := io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if what = resp.Status; err != nil {
						what = err.Error()
					}
				}
				n, _ := counts.LoadOrStore(what, new(atomic.Int64))
				n.(*atomic.Int64).Add(1)
			}
		})
	}
	all.Wait()
	counts.Range(func(what, n any) bool {
		t.Logf("%8d %s", n.(*atomic.Int64).Load(), what)
		if what != "200 OK" && what != "503 Service Unavailable" {
			t.Errorf("%d responses were %q, want only 200 and 503", n.(*atomic.Int64).Load(), what)
		}
		return true
	})
	time.Sleep(time.Second)
	after := middle()
	t.Logf("median response time before %v, 1 s after %v", before, after)
	if *soakFor >= time.Minute && (after > before*12/10 || before > after*12/10) {
		t.Errorf("median response time before %v, 1 s after %v; want a difference of at most 20%%", before, after)
	}
}
