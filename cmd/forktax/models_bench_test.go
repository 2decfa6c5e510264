package main

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// nginxBeforeFastCGI is a configuration of nginx for workers at a Unix socket, with kept connections. Its verbs are the
// directory, the number of processes, the socket, the number of kept connections, and the address.
const nginxBeforeFastCGI = `daemon off;
pid %[1]s/pid;
error_log stderr;
worker_processes %[2]d;
events { worker_connections 1024; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	fastcgi_temp_path %[1]s/fastcgi;
	proxy_temp_path %[1]s/proxy;
	scgi_temp_path %[1]s/scgi;
	uwsgi_temp_path %[1]s/uwsgi;
	keepalive_requests 1000000000;
	upstream workers {
		server unix:%[3]s;
		keepalive %[4]d;
		keepalive_requests 1000000000;
	}
	server {
		listen %[5]s;
		location / {
			include /etc/nginx/fastcgi_params;
			fastcgi_pass workers;
			fastcgi_keep_conn on;
		}
	}
}
`

// BenchmarkModels compares execution models of the hello program, for two minutes with 8 clients: CPU time of a request
// and throughput, and those of nginx in front of the same FastCGI workers. Then, for a minute, the response times of a
// pool and of a resident process at a fifth of the rate at which a pool is refilled. Run it alone:
// go test -run '^$' -bench Models -benchtime 1x ./cmd/forktax
func BenchmarkModels(b *testing.B) {
	path := filepath.Join(programtest.Build(b, "forktax-hello"), "forktax-hello")
	hello, err := subject.Describe(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	const peer = "nginx"
	resident, direct := contract.Resident().Name, contract.Direct().Name
	models := []string{resident, direct}
	var pool string
	for _, m := range contract.Models {
		switch {
		case m.Process == contract.Ahead:
			pool = m.Name
			models = append(models, pool)
		case m.IsFamily() && !m.Late:
			models = append(models, m.Of(1), m.Of(10), m.Of(100), m.Of(1000))
		case m.Host == contract.HostWorkers || m.Host == contract.HostProxy:
			models = append(models, m.Of(1))
		}
	}
	u, err := url.Parse(nginxBefore(b, path))
	if err != nil {
		b.Fatal(err)
	}
	launcher := &subject.Launcher{Programs: []subject.Program{hello}, Dir: b.TempDir(), Seed: 1,
		Env:      map[string]string{contract.EnvPhases: "off"},
		External: []subject.External{{Name: peer, URL: u}}}
	pl := plan.Plan{Workloads: []contract.Description{hello.Description}, Baseline: resident, Starts: 8,
		MinRequests: plan.MinRequests, WarmUpNS: int64(time.Second),
		BlockNS: int64(250 * time.Millisecond), BudgetNS: int64(2 * time.Minute), Seed: 1}
	for _, model := range append(slices.Clone(models), peer) {
		pl.Cells = append(pl.Cells, plan.Cell{Workload: hello.Name, Request: hello.Requests[0].Name, Model: model,
			Engine: load.Default, Load: plan.Load{Kind: plan.Closed, Concurrency: 8}})
	}
	for range b.N {
		rates := map[string]float64{}
		for _, c := range measuredBy(b, pl, launcher, filepath.Join(b.TempDir(), "closed")).Cells {
			if c.ThroughputRPS == nil || c.Errors > 0 {
				b.Fatalf("%s: %+v", c.Model, c)
			}
			rates[c.Model] = *c.ThroughputRPS
			fmt.Printf("%-14s %9.0f/s", c.Model, *c.ThroughputRPS)
			if c.CPUPerRequest != nil {
				fmt.Printf(" %9.1f µs CPU (%.1f µs in workers)", float64(*c.CPUPerRequest)/1e3, float64(*c.ChildrenCPU)/1e3)
			}
			if c.Response.P50 != nil {
				fmt.Printf(" median %.0f µs", float64(*c.Response.P50)/1e3)
			}
			fmt.Println()
		}
		open := pl
		open.BudgetNS, open.Cells = int64(time.Minute), nil
		for _, model := range []string{resident, pool} {
			open.Cells = append(open.Cells, plan.Cell{Workload: hello.Name, Request: hello.Requests[0].Name, Model: model,
				Engine: load.Default, Load: plan.Load{Kind: plan.Open, Concurrency: 1000, RateRPS: rates[pool] / 5}})
		}
		a := measuredBy(b, open, launcher, filepath.Join(b.TempDir(), "open"))
		for _, c := range a.Comparisons {
			if c.Metric == analysis.MetricResponse {
				b.ReportMetric(c.Ratio, "×median-of-pool-at-a-fifth")
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// nginxBefore starts nginx in front of FastCGI workers, each the program with a listening socket as its standard input,
// until the test ends. There are as many as our host has by default.
func nginxBefore(b *testing.B, program string) (address string) {
	b.Helper()
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		nginx, err = exec.LookPath("/usr/sbin/nginx")
	}
	testenv.As(b, err, new(*exec.Error))
	dir := b.TempDir()
	socket := filepath.Join(dir, "socket")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { ln.Close() })
	file, err := ln.File()
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	run := func(cmd *exec.Cmd) {
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			_ = cmd.Process.Signal(syscall.SIGTERM) // nginx ends its processes
			_ = cmd.Wait()
		})
	}
	for range 2 * runtime.NumCPU() {
		cmd := exec.Command(program)
		cmd.Stdin = file
		run(cmd)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	address = free.Addr().String()
	free.Close()
	conf := filepath.Join(dir, "conf")
	text := ""
	if os.Geteuid() == 0 {
		text = "user root;\n" // otherwise its processes may not connect to the socket
	}
	text += fmt.Sprintf(nginxBeforeFastCGI, dir, runtime.NumCPU(), socket, 2*runtime.NumCPU(), address)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	run(exec.Command(nginx, "-p", dir, "-c", conf))
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return "http://" + address + "/"
		}
		if time.Now().After(end) {
			b.Fatal("nginx does not listen")
		}
	}
}
