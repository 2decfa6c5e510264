//go:build linux

package load_test

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// BenchmarkEngines compares the epoll engine with wrk and hey, from Debian's packages, on a resident handler. They run
// in turn, so that disturbances of the machine affect all of them. It reports medians over the rounds of the
// generator's CPU time per request, and of the ratios within a round. Run it alone: go test -run '^$' -bench Engines
// ./bench/load
func BenchmarkEngines(b *testing.B) {
	const rounds, length = 9, time.Second
	url := startHello(b)
	for _, connections := range []int{8, 64} {
		b.Run(fmt.Sprint(connections), func(b *testing.B) {
			generators := []struct {
				name string
				run  func() sample
			}{
				{"epoll", func() sample { return runEpoll(b, url, connections, length) }},
				{"wrk", func() sample {
					return runTool(b, `(\d+) requests in`, "wrk", "-t1", fmt.Sprint("-c", connections), fmt.Sprint("-d", length), url)
				}},
				{"hey", func() sample {
					return runTool(b, `\[200\]\s+(\d+) responses`, "hey", "-z", length.String(), "-c", fmt.Sprint(connections), url)
				}},
			}
			values := map[string][]float64{}
			add := func(unit string, v float64) { values[unit] = append(values[unit], v) }
			for range b.N * rounds {
				seen := map[string]sample{}
				for _, g := range generators {
					seen[g.name] = g.run()
					add(g.name+"-cpu-µs/req", seen[g.name].cpu)
					add(g.name+"-req/s", seen[g.name].rate)
				}
				add("cpu-of-wrk's", seen["epoll"].cpu/seen["wrk"].cpu)
				add("cpu-of-hey's", seen["epoll"].cpu/seen["hey"].cpu)
				add("req/s-of-wrk's", seen["epoll"].rate/seen["wrk"].rate)
			}
			b.ReportMetric(0, "ns/op")
			for unit, vs := range values {
				slices.Sort(vs)
				b.ReportMetric(vs[len(vs)/2], unit)
			}
		})
	}
}

// sample is the result of one visit by a generator.
type sample struct {
	cpu  float64 // generator's CPU time per request, in µs
	rate float64 // requests per second
}

func runEpoll(b *testing.B, url string, connections int, length time.Duration) sample {
	var n tally
	var before, after syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	began := time.Now()
	err := engine.Run(b.Context(), load.Visit{URL: url, Request: contract.Request{Method: "GET", Path: "/"},
		Load: plan.Load{Kind: plan.Closed, Concurrency: connections}, Length: length}, &n)
	took := time.Since(began)
	syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	if err != nil || n.failed > 0 {
		b.Fatalf("epoll: %v, %d of %d requests failed", err, n.failed, n.all)
	}
	spent := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	return sample{float64(spent) / 1000 / float64(n.all), float64(n.all) / took.Seconds()}
}

var engine load.Epoll // reused for all visits, as in a run

// tally is a recorder that counts requests and failures.
type tally struct{ all, failed int }

func (c *tally) Observe(batch []record.Observation) {
	c.all += len(batch)
	for _, o := range batch {
		if o.Err != "" {
			c.failed++
		}
	}
}

// runTool runs another generator. The group of the pattern matches the number of requests in its output.
func runTool(b *testing.B, pattern, name string, args ...string) sample {
	path := testenv.Program(b, name, name)
	cmd := exec.Command(path, args...)
	began := time.Now()
	out, err := cmd.Output()
	took := time.Since(began)
	if err != nil {
		b.Fatalf("%s: %v", cmd, err)
	}
	found := regexp.MustCompile(pattern).FindSubmatch(out)
	if found == nil {
		b.Fatalf("%s: no number of requests in the output:\n%s", cmd, out)
	}
	n, _ := strconv.ParseFloat(string(found[1]), 64)
	spent := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return sample{float64(spent.Microseconds()) / n, n / took.Seconds()}
}

// startHello serves the workload hello with a resident process.
func startHello(b *testing.B) (url string) {
	path := filepath.Join(programtest.Build(b, "forktax-hello"), "forktax-hello")
	cmd := exec.Command(path, "serve", "-model", "persistent")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		stdin.Close()
		cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	fields := strings.Fields(line)
	if err != nil || len(fields) != 3 {
		b.Fatalf("hello printed %q, %v", line, err)
	}
	return fields[1]
}
