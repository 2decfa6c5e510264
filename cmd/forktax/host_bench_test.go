package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"forktax/bench/subject/programtest"
	"forktax/workload/contract"
)

const (
	manyChildren = 256
	manyIdle     = 5000
)

// BenchmarkHost measures the CGI host, and that of another commit if the variable HOST_BEFORE has its path: the peak
// memory with 256 children at once, and the throughput with 5,000 idle connections as a part of that without any.
func BenchmarkHost(b *testing.B) {
	direct := contract.Direct().Name
	hosts := map[string][]string{direct: {filepath.Join(programtest.Build(b, "forktax-cgi"), "forktax-cgi"), direct}}
	if path := os.Getenv(hostBefore); path != "" {
		hosts["before"] = []string{path, contract.Fresh().Name}
	}
	dir := b.TempDir()
	slow := filepath.Join(dir, "slow.cgi")
	child := filepath.Join(dir, "child")
	const text = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'\nsleep 10\n"
	if err := os.WriteFile(slow, []byte(text), 0o755); err != nil {
		b.Fatal(err)
	}
	buildC(b, child, cChild, "-static")
	for range b.N {
		memory, ratio := map[string][]float64{}, map[string][]float64{}
		for range 5 {
			for name, host := range hosts {
				memory[name] = append(memory[name], memoryOfHost(b, host, slow))
				ratio[name] = append(ratio[name], idleRatio(b, host, child))
			}
		}
		for name := range hosts {
			slices.Sort(memory[name])
			slices.Sort(ratio[name])
			b.ReportMetric(memory[name][2]/1e6, name+"-MB")
			b.ReportMetric(ratio[name][2], name+"-idle")
			b.ReportMetric(ratio[name][0], name+"-idle-min")
			b.ReportMetric(ratio[name][4], name+"-idle-max")
		}
	}
	b.ReportMetric(0, "ns/op")
}

// benchHost starts a host, given by its path and model, until the function that it returns is called.
func benchHost(b *testing.B, host []string, script string, flags ...string) (url string, pid int, stop func()) {
	b.Helper()
	cmd := exec.Command(host[0], append([]string{"serve", "-model", host[1]}, flags...)...)
	cmd.Env = append(os.Environ(), contract.EnvScriptPath+"="+script, contract.EnvPhases+"=off")
	input, err := cmd.StdinPipe() // its end would end the host
	if err != nil {
		b.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		b.Fatal(err)
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %s", &url); scanned != nil {
		b.Fatalf("%s printed %q (%v)", host[0], line, err)
	}
	return url, cmd.Process.Pid, func() {
		_ = input.Close()
		_ = cmd.Wait()
	}
}

// memoryOfHost returns the peak resident memory of a host with many children, in bytes.
func memoryOfHost(b *testing.B, host []string, script string) float64 {
	b.Helper()
	url, pid, stop := benchHost(b, host, script, "-max-children", fmt.Sprint(manyChildren))
	defer stop()
	ctx, cancel := context.WithCancel(b.Context())
	var begun atomic.Int64
	var clients sync.WaitGroup
	defer clients.Wait()
	defer cancel()
	for range manyChildren {
		clients.Go(func() {
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
			if err != nil {
				return
			}
			if resp, err := http.DefaultTransport.RoundTrip(r); err == nil {
				begun.Add(1)
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	for end := time.Now().Add(time.Minute); begun.Load() < manyChildren; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%d of %d children began to respond", begun.Load(), manyChildren)
		}
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := bytes.Cut(text, []byte("VmHWM:"))
	var kilobytes float64
	if _, err := fmt.Sscan(string(after), &kilobytes); err != nil {
		b.Fatal(err)
	}
	return kilobytes * 1024
}

// idleRatio returns the throughput of a host with many idle connections, divided by the mean of that before and after.
func idleRatio(b *testing.B, host []string, script string) float64 {
	b.Helper()
	url, _, stop := benchHost(b, host, script)
	defer stop()
	throughputOf(b, url) // warms up
	before := throughputOf(b, url)
	var idle []net.Conn
	for range manyIdle {
		conn, err := net.Dial("tcp", url[len("http://"):])
		if err != nil {
			b.Fatal(err)
		}
		idle = append(idle, conn)
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			b.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
	}
	with := throughputOf(b, url)
	for _, conn := range idle {
		conn.Close()
	}
	time.Sleep(time.Second) // until the host has closed them
	return 2 * with / (before + throughputOf(b, url))
}

// throughputOf returns the requests per second of eight clients in two seconds.
func throughputOf(b *testing.B, url string) float64 {
	b.Helper()
	const clients, period = 8, 2 * time.Second
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	var done atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for range clients {
		group.Go(func() {
			for time.Since(begin) < period {
				r, err := http.NewRequest(http.MethodGet, url, nil)
				if err != nil {
					return
				}
				resp, err := transport.RoundTrip(r)
				if err != nil {
					b.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				done.Add(1)
			}
		})
	}
	group.Wait()
	return float64(done.Load()) / time.Since(begin).Seconds()
}
