//go:build linux

package merge_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// BenchmarkMerge merges ten million and a hundred million observations of 16 parts with the command, and reports its
// duration, its peak memory, and the bytes of an observation on disk.
func BenchmarkMerge(b *testing.B) {
	bin := filepath.Join(b.TempDir(), "forktax")
	if out, err := exec.Command("go", "build", "-o", bin, "forktax/cmd/forktax").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.Command(bin, "--version").Output()
	if err != nil {
		b.Fatal(err)
	}
	version := strings.TrimSpace(strings.TrimPrefix(string(out), "forktax version "))
	for _, n := range []int{10_000_000, 100_000_000} {
		for _, kind := range []string{plan.Closed, plan.Open} {
			b.Run(fmt.Sprintf("%s/%d", kind, n), func(b *testing.B) {
				dir := b.TempDir()
				parts, size := manyParts(b, dir, version, kind, n)
				for b.Loop() {
					c := exec.Command(bin, append([]string{"merge", "--results", filepath.Join(dir, "merged")}, parts...)...)
					if out, err := c.CombinedOutput(); err != nil {
						b.Fatalf("%v\n%s", err, out)
					}
					b.ReportMetric(float64(c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024, "MiB")
				}
				b.ReportMetric(float64(size)/float64(n), "bytes/observation")
			})
		}
	}
}

// manyParts writes 16 parts with n observations together, and returns their directories and the bytes of all.
func manyParts(b *testing.B, dir, version, kind string, n int) (dirs []string, size int64) {
	b.Helper()
	const of, rounds = 16, 60
	at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for number := 1; number <= of; number++ {
		p := manyPlan(plan.Part{Number: number, Of: of}, at, kind, rounds, float64(n)/rounds/10)
		name := filepath.Join(dir, fmt.Sprint(number))
		rec, err := record.Create(name, record.Head{Schema: record.Schema, ID: fmt.Sprintf("many-%d", number),
			Version: version, Plan: p})
		if err != nil {
			b.Fatal(err)
		}
		r := rand.New(rand.NewPCG(7, uint64(number)))
		slots, length := p.Timetable()
		for _, slot := range slots {
			rec.Begin()
			each := n / of / rounds
			gap := 10 * time.Second / time.Duration(each)
			var batch []record.Observation
			for i := range each {
				due := time.Duration(i)*gap + time.Duration(r.Int64N(int64(gap)))
				service := 200*time.Microsecond + time.Duration(r.ExpFloat64()*float64(300*time.Microsecond))
				sent := due
				if kind == plan.Open {
					sent += time.Duration(r.Int64N(20_000))
				}
				batch = append(batch, record.Observation{Intended: due, Sent: sent, FirstByte: sent + service,
					Done: sent + service + 2000, Status: 200, Bytes: 6})
				if len(batch) == 1000 {
					rec.Observe(batch)
					batch = batch[:0]
				}
			}
			rec.Observe(batch)
			if err := rec.End(record.Block{Cell: slot.Cell, Round: slot.Round, Start: slot.Start, BeganNS: int64(slot.Begin),
				LengthNS: int64(10 * time.Second), DiscardNS: int64(time.Second)}); err != nil {
				b.Fatal(err)
			}
		}
		clock := record.ClockOffset{LowNS: -1000, HighNS: 1000}
		if err := rec.AddClock(clock); err != nil {
			b.Fatal(err)
		}
		if err := rec.Finish(record.Tail{Complete: true, LengthNS: int64(length)}); err != nil {
			b.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(name, "observations.bin"))
		if err != nil {
			b.Fatal(err)
		}
		dirs, size = append(dirs, name), size+info.Size()
	}
	return dirs, size
}

// manyPlan returns the plan of a part with one cell, of blocks of ten seconds.
func manyPlan(part plan.Part, at time.Time, kind string, rounds int, rate float64) plan.Plan {
	p := plan.Plan{Workloads: []contract.Description{{Name: "url",
		Requests: []contract.Request{{Name: "/", Method: "GET", Path: "/"}}}},
		Rounds: rounds, Starts: 8, BlockNS: int64(10 * time.Second), MinRequests: 5, Seed: 4, Baseline: "server",
		Part: &part, StartAt: at}
	l := plan.Load{Kind: kind, Concurrency: 1600}
	if kind == plan.Open {
		l.RateRPS = rate
	}
	p.Cells = []plan.Cell{{Workload: "url", Request: "/", Model: "server", Engine: "epoll", Load: l}}
	return p
}
