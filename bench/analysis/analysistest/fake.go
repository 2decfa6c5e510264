// Package analysistest creates runs for the tests of packages analysis and report.
package analysistest

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Fake records a run with a real Runner, from observations that the test provides.
type Fake struct {
	Cells []plan.Cell
	Block func(c plan.Cell, round int) []record.Observation // at least one must not have failed

	Now run.Progress // progress of the Runner
}

var (
	_ run.Launcher = (*Fake)(nil)
	_ load.Engine  = (*Fake)(nil)
)

func (m *Fake) Launch(_ context.Context, model, workload string) (*subject.Target, func() error, error) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	return &subject.Target{Workload: workload, Model: model, URL: s.URL}, func() error { s.Close(); return nil }, nil
}

func (m *Fake) Run(_ context.Context, _ load.Visit, rec load.Recorder) error {
	rec.Observe(m.Block(m.Now.Cell, m.Now.Done/len(m.Cells)))
	return nil
}

// Record records the run. Every block is valid, takes one second, and discards nothing; the test can change this.
func (m *Fake) Record(t *testing.T, rounds int) *record.Result {
	t.Helper()
	plan := plan.Plan{Cells: m.Cells, Rounds: rounds, Starts: 1, Baseline: plan.Baseline, Seed: 7}
	requests := map[string]bool{}
	for _, c := range m.Cells {
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
		Progress: func(p run.Progress) { m.Now = p }}
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

// Cell returns a cell of the request hello/hello in a closed loop.
func Cell(model string, clients int) plan.Cell {
	return plan.Cell{Workload: "hello", Request: "hello", Model: model, Engine: "fake",
		Load: plan.Load{Kind: plan.Closed, Concurrency: clients}}
}

// Twins returns the cells of persistent and cgi with one client.
func Twins() []plan.Cell { return []plan.Cell{Cell(plan.Baseline, 1), Cell(plan.Fresh, 1)} }

// Response returns the observation of a response after ns.
func Response(ns time.Duration) record.Observation {
	return record.Observation{Intended: 100, Sent: 100, FirstByte: 100, Done: 100 + ns, Status: 200}
}

// Failed returns the observation of a failed request.
func Failed(class string) record.Observation { return record.Observation{Err: class} }

// Analyze analyzes a run and fails the test on an error.
func Analyze(t *testing.T, r *record.Result) *analysis.Analysis {
	t.Helper()
	a, err := analysis.Analyze(r)
	if err != nil {
		t.Fatalf("Analyze = %v", err)
	}
	return a
}

// TenResponses returns a block of ten responses of 10 to 1 µs for persistent and 100 to 10 µs for other models.
func TenResponses(c plan.Cell, _ int) []record.Observation {
	var all []record.Observation
	for i := 10; i >= 1; i-- {
		ns := time.Duration(i) * time.Microsecond
		if c.Model != plan.Baseline {
			ns *= 10
		}
		all = append(all, Response(ns))
	}
	return all
}

// Print returns the analysis in a format.
func Print(t *testing.T, format string, a *analysis.Analysis) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Format(t, format)(&b, a); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.Bytes()
}

// Format returns the format of an analysis with this name.
func Format(t *testing.T, name string) report.Format[*analysis.Analysis] {
	t.Helper()
	f, ok := report.Analyses[name]
	if !ok {
		t.Fatalf("unknown format %q", name)
	}
	return f
}

// TheRun returns the run in testdata, a real one: forktax run --workload hello --rounds 8 --starts 4 --block 20ms
// --clients 1 --seed 42.
func TheRun(t *testing.T) *record.Result {
	t.Helper()
	r, err := record.Read(filepath.Join("..", "analysis", "testdata", "run"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// CheckRun returns the record of a check with 32 starts of three rounds each. The candidate takes longer than the base
// by a factor of 1 + change.
func CheckRun(t *testing.T, change float64) *record.Result {
	t.Helper()
	noise := rand.New(rand.NewPCG(1, 2))
	costs := map[string]float64{"base": 1, "candidate": 1 + change, "control": (1 + change) * 1.1}
	m := Fake{Cells: []plan.Cell{Cell("base", 1), Cell("candidate", 1), Cell("control", 1)},
		Block: func(c plan.Cell, _ int) []record.Observation {
			return []record.Observation{Response(time.Duration(1e6 * costs[c.Model] * (1 + 0.01*noise.NormFloat64())))}
		}}
	r := m.Record(t, 96)
	for i := range r.Blocks {
		r.Blocks[i].Start = r.Blocks[i].Round / 3
	}
	r.Plan.Baseline = "base"
	r.Plan.Check = &plan.CheckSpec{Titles: map[string]string{"base": "./old", "candidate": "./new"},
		Candidate: "candidate", Control: "control", Margin: 0.03, MustCatch: 0.1, Alpha: 0.01,
		Metrics: []string{analysis.MetricResponse}}
	return r
}

// EachBlock returns a function that changes each block of a run.
func EachBlock(change func(*record.Block)) func(*record.Result) {
	return func(r *record.Result) {
		for i := range r.Blocks {
			change(&r.Blocks[i])
		}
	}
}

// Noisy returns blocks of ten requests that take the number of microseconds of their model, plus up to 2 µs of noise.
func Noisy(micros map[string]int) func(plan.Cell, int) []record.Observation {
	draw := rand.New(rand.NewPCG(3, 4))
	return func(c plan.Cell, _ int) []record.Observation {
		var all []record.Observation
		for range 10 {
			all = append(all, Response(time.Duration(micros[c.Model])*time.Microsecond+time.Duration(draw.IntN(2000))))
		}
		return all
	}
}

// OpenTwins returns the cells of persistent and cgi in an open loop at 400/s.
func OpenTwins() []plan.Cell {
	cells := Twins()
	for i := range cells {
		cells[i].Load = plan.Load{Kind: plan.Open, Concurrency: 9, RateRPS: 400}
	}
	return cells
}
