package main

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// cChild is the smallest C program that sends a CGI response.
const cChild = `#include <unistd.h>
int main(void) {
	static const char answer[] = "Content-Type: text/plain; charset=utf-8\n\nhello\n";
	return write(1, answer, sizeof answer - 1) < 0;
}
`

// spawnLoop starts a program many times by posix_spawn, waits for each process, and prints the mean CPU time in ns.
const spawnLoop = `#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
extern char **environ;
static double used(int who) {
	struct rusage u;
	getrusage(who, &u);
	return 1e9 * (u.ru_utime.tv_sec + u.ru_stime.tv_sec) + 1e3 * (u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}
int main(int n, char **args) {
	enum { times = 400 };
	posix_spawn_file_actions_t files;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	for (int i = 0; i < times; i++) {
		pid_t pid;
		int status;
		if (posix_spawn(&pid, args[1], &files, 0, args + 1, environ) || waitpid(pid, &status, 0) != pid || status)
			return 1;
	}
	printf("%.0f\n", (used(RUSAGE_SELF) + used(RUSAGE_CHILDREN)) / times);
	return 0;
}
`

// hostBefore is the variable for the path of a forktax-cgi of another commit, to compare with. Models are the same.
const hostBefore = "HOST_BEFORE"

// BenchmarkPeers compares the host with net/http/cgi and with other web servers that execute the same program for each
// request: a static program in C, and one in Go. For two minutes it visits the servers in turn, with 8 clients and with
// one. It reports the ratio of our throughput to that of each peer, with its interval, and that of its response time
// with one client to ours. It also reports the ratio of the CPU time of a request to that of only starting the program
// by posix_spawn and waiting for it, in one loop and in a loop per core. Run it alone:
// go test -run '^$' -bench Peers ./cmd/forktax
func BenchmarkPeers(b *testing.B) {
	for name, build := range map[string]func(b *testing.B, path string){
		"c": func(b *testing.B, path string) { buildC(b, path, cChild, "-static") },
		"go": func(b *testing.B, path string) {
			hello := filepath.Join(programtest.Build(b, "forktax-hello"), "forktax-hello")
			if out, err := exec.Command("cp", hello, path).CombinedOutput(); err != nil {
				b.Fatalf("copying: %v\n%s", err, out)
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			child := filepath.Join(b.TempDir(), "child.cgi") // h2o requires an extension
			build(b, child)
			if err := machine.NormalizePageCache(child); err != nil {
				b.Fatal(err)
			}
			for range b.N {
				comparePeers(b, child, withoutFor[name])
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// withoutFor are servers that do not execute a program. That in Go responds to / only, and busybox has no PATH_INFO of
// "/"; without GATEWAY_INTERFACE, which h2o does not set, it does not know that it is a child.
var withoutFor = map[string][]string{"go": {"busybox", "h2o"}}

func comparePeers(b *testing.B, child string, without []string) {
	dir := b.TempDir()
	p := builtScript(b)
	p.Requests = []contract.Request{{Name: "hello", Method: "GET", Path: "/",
		Want: contract.Want{Status: 200, Body: "hello\n"}}}
	ours := subject.ScriptModel
	pl := plan.Plan{Workloads: []contract.Description{p.Description}, Baseline: ours, Starts: 8,
		MinRequests: plan.MinRequests,
		// Long enough that the connections opened by each visit do not affect the comparison.
		BlockNS:  int64(250 * time.Millisecond),
		BudgetNS: int64(2 * time.Minute), Seed: 1}
	launcher := &subject.Launcher{Programs: []subject.Program{p}, Dir: dir, Seed: pl.Seed,
		Env: map[string]string{contract.EnvScriptPath: child, contract.EnvPhases: "off"}}
	models := []string{ours, contract.Fresh().Name}
	if path := os.Getenv(hostBefore); path != "" {
		launcher.External = append(launcher.External, subject.External{Name: "before",
			Command: "exec env " + contract.EnvScriptPath + "=" + child + " " + contract.EnvPhases + "=off " + path +
				" serve -model cgi -addr 127.0.0.1:{port}"})
		models = append(models, "before")
	}
	for _, peer := range servers.WebInfos(servers.Executable) {
		name := peer.Name
		if slices.Contains(without, name) {
			continue
		}
		u, err := url.Parse(startedPeer(b, name, child))
		if err != nil {
			b.Fatal(err)
		}
		launcher.External = append(launcher.External, subject.External{Name: name, URL: u})
		models = append(models, name)
	}
	for _, clients := range []int{8, 1} {
		for _, model := range models {
			pl.Cells = append(pl.Cells, plan.Cell{Workload: p.Name, Request: "hello", Model: model, Engine: load.Default,
				Load: plan.Load{Kind: plan.Closed, Concurrency: clients}})
		}
	}
	alone, busy := []time.Duration{spawned(b, child, 1)}, []time.Duration{spawned(b, child, runtime.NumCPU())}
	a := measuredBy(b, pl, launcher, filepath.Join(dir, "run"))
	for _, c := range a.Cells {
		if c.ThroughputRPS == nil || c.Errors > 0 {
			b.Fatalf("%s: %+v", c.Model, c)
		}
		if c.Load.Concurrency == 1 {
			continue
		}
		b.ReportMetric(*c.ThroughputRPS, c.Model+"-req/s")
		if c.Model == ours {
			b.ReportMetric(float64(*c.CPUPerRequest)/1e3, "µs-CPU/req")
			for range 2 {
				alone, busy = append(alone, spawned(b, child, 1)), append(busy, spawned(b, child, runtime.NumCPU()))
			}
			for name, spawn := range map[string][]time.Duration{"spawn": alone, "spawn-on-all-cores": busy} {
				slices.Sort(spawn)
				middle := float64(spawn[len(spawn)/2])
				b.ReportMetric(middle/1e3, "µs-CPU/"+name)
				b.ReportMetric(float64(*c.CPUPerRequest)/middle, "×"+name)
			}
		}
	}
	for _, c := range a.Comparisons {
		name := map[string]string{analysis.MetricThroughput: "", analysis.MetricResponse: "-response"}
		kind, wanted := name[c.Metric]
		if !wanted || (c.Load.Concurrency == 1) != (kind != "") || c.RatioLow == nil {
			continue
		}
		b.ReportMetric(1/c.Ratio, "×"+c.Candidate+kind)
		b.ReportMetric(1 / *c.RatioHigh, "×"+c.Candidate+kind+"-low")
		b.ReportMetric(1 / *c.RatioLow, "×"+c.Candidate+kind+"-high")
	}
}

// buildC builds a program at path from its source, with more flags of gcc.
func buildC(b *testing.B, path, source string, flags ...string) {
	b.Helper()
	if err := os.WriteFile(path+".c", []byte(source), 0o600); err != nil {
		b.Fatal(err)
	}
	flags = append(flags, "-O2", "-o", path, path+".c")
	if out, err := exec.Command("gcc", flags...).CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
}

// builtScript builds the program that hosts any executable, and returns it.
func builtScript(tb testing.TB) subject.Program {
	tb.Helper()
	p, err := subject.Describe(tb.Context(), filepath.Join(programtest.Build(tb, "forktax-cgi"), "forktax-cgi"))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// startedPeer starts a web server until the test ends, and returns the URL at which it executes the program. The test
// is skipped if the server is not installed.
func startedPeer(tb testing.TB, name, executable string, others ...string) string {
	tb.Helper()
	w, err := servers.StartWeb(tb.Context(), name,
		servers.App{File: executable, ExtraFiles: others, Copied: machine.NormalizePageCache})
	testenv.As(tb, err, new(*process.NotInstalledError))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := w.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return w.URL
}

// spawned returns the mean CPU time of starting the program and waiting for it, by this many loops at once, which do
// nothing else. With a loop on each core, the cores are as busy as those of a host with more clients than cores.
func spawned(b *testing.B, child string, loops int) time.Duration {
	b.Helper()
	loop := filepath.Join(b.TempDir(), "loop")
	buildC(b, loop, spawnLoop)
	printed := make([]bytes.Buffer, loops)
	var all []*exec.Cmd
	for i := range printed {
		cmd := exec.Command(loop, child)
		cmd.Env = []string{"GATEWAY_INTERFACE=CGI/1.1", "REQUEST_METHOD=GET", "SERVER_PROTOCOL=HTTP/1.1", "SCRIPT_NAME=/"}
		cmd.Stdout = &printed[i]
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		all = append(all, cmd)
	}
	var sum int64
	for i, cmd := range all {
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
		ns, err := strconv.ParseInt(strings.TrimSpace(printed[i].String()), 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		sum += ns
	}
	return time.Duration(sum / int64(loops))
}

// measuredBy executes a plan and returns the analysis of the run.
func measuredBy(b *testing.B, plan plan.Plan, l *subject.Launcher, dir string) *analysis.Analysis {
	b.Helper()
	rec, err := record.Create(dir, record.Head{Schema: record.Schema, Plan: plan})
	if err != nil {
		b.Fatal(err)
	}
	runner := run.Runner{Plan: plan, Launcher: l, Engines: load.Engines(), Record: rec, Machine: machine.Counters}
	if err := runner.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := rec.Finish(record.Tail{Complete: true}); err != nil {
		b.Fatal(err)
	}
	analysis, err := analysis.AnalyzeDir(rec.Dir)
	if err != nil {
		b.Fatal(err)
	}
	return analysis
}
