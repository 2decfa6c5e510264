package report_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A made run is recorded by a real Runner, from observations that the test makes up.
type made struct {
	cells []plan.Cell
	block func(c plan.Cell, round int) []record.Observation // never all failed

	now run.Progress
}

var (
	_ run.Launcher = (*made)(nil)
	_ load.Engine  = (*made)(nil)
)

func (m *made) Launch(_ context.Context, model, workload string) (*subject.Target, func() error, error) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return &subject.Target{Workload: workload, Model: model, URL: s.URL}, func() error { s.Close(); return nil }, nil
}

func (m *made) Run(_ context.Context, _ load.Visit, rec load.Recorder) error {
	rec.Observe(m.block(m.now.Cell, m.now.Done/len(m.cells)))
	return nil
}

// record makes the run. Every block is said to have taken a second, all of which counts, and to have been undisturbed,
// for the test to change as it likes.
func (m *made) record(t *testing.T, rounds int) *record.Result {
	t.Helper()
	plan := plan.Plan{Cells: m.cells, Rounds: rounds, Groups: 1, Baseline: plan.Baseline, Seed: 7}
	requests := map[string]bool{}
	for _, c := range m.cells {
		if !requests[c.Request] {
			requests[c.Request] = true
			plan.Workloads = append(plan.Workloads, contract.Description{Name: c.Workload,
				Requests: []contract.Request{{Name: c.Request, Method: "GET", Path: "/"}}})
		}
	}
	head := record.Head{Schema: record.Schema, ID: "made", Started: time.Unix(1e9, 0).UTC(), Version: "v1", Plan: plan}
	rec, err := record.Create(t.TempDir(), head)
	if err != nil {
		t.Fatal(err)
	}
	runner := run.Runner{Plan: plan, Launcher: m, Engines: map[string]load.Engine{"fake": m, "referee": m}, Record: rec,
		Progress: func(p run.Progress) { m.now = p }}
	if err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(record.Tail{Complete: true, LengthNS: 5e9}); err != nil {
		t.Fatal(err)
	}
	r, err := record.Read(rec.Dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Blocks {
		b := &r.Blocks[i]
		b.LengthNS, b.DiscardNS, b.GeneratorNS, b.Collections = 1e9, 0, 1000, 0
	}
	return r
}

// cell is one of the request hello/hello.
func cell(model string, clients int) plan.Cell {
	return plan.Cell{Workload: "hello", Request: "hello", Model: model, Engine: "fake",
		Load: plan.Load{Kind: plan.Closed, Concurrency: clients}}
}

func twins() []plan.Cell { return []plan.Cell{cell("persistent", 1), cell("cgi", 1)} }

// took is an answer after so many nanoseconds.
func took(ns time.Duration) record.Observation {
	return record.Observation{Intended: 100, Sent: 100, FirstByte: 100, Done: 100 + ns, Status: 200}
}

func failed(class string) record.Observation { return record.Observation{Err: class} }

func analyze(t *testing.T, r *record.Result) *report.Analysis {
	t.Helper()
	a, err := report.Analyze(r)
	if err != nil {
		t.Fatalf("Analyze = %v", err)
	}
	return a
}

// the10s answers a block of either twin by ten answers of 1 to 10 µs, ten times as long for cgi.
func the10s(c plan.Cell, _ int) []record.Observation {
	var all []record.Observation
	for i := 10; i >= 1; i-- {
		ns := time.Duration(i) * time.Microsecond
		if c.Model != plan.Baseline {
			ns *= 10
		}
		all = append(all, took(ns))
	}
	return all
}
