package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A fakeEngine records given observations instead of sending requests.
type fakeEngine struct {
	visits []load.Visit
	run    func(ctx context.Context, v load.Visit, rec load.Recorder) error // nil means oneResponse
}

var _ load.Engine = (*fakeEngine)(nil)

func (e *fakeEngine) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	e.visits = append(e.visits, v)
	if e.run != nil {
		return e.run(ctx, v, rec)
	}
	return oneResponse(ctx, v, rec)
}

func oneResponse(_ context.Context, _ load.Visit, rec load.Recorder) error {
	rec.Observe([]record.Observation{{Intended: 1, Sent: 2, FirstByte: 3, Done: 4, Status: 200, Bytes: 6}})
	return nil
}

// A fakeLauncher serves each target from this process.
type fakeLauncher struct {
	handlers map[string]http.HandlerFunc // handlers by model; missing ones respond with hello
	usage    http.HandlerFunc            // nil: the target has no admin listener
	fail     map[string]error            // error of Launch, by model
	stopErr  error                       // error of each stop
	wait     func()                      // called by each stop; may be nil
	begin    func()                      // called by each Launch; may be nil

	gone            map[string]chan error // channel Gone of the last target launched, by model
	launched        []string              // models in the order of launch
	started, ending atomic.Int64
	requests        atomic.Int64 // number of requests to all targets
}

var _ run.Launcher = (*fakeLauncher)(nil)

func (l *fakeLauncher) Launch(_ context.Context, model, workload string) (*subject.Target, func() error, error) {
	if err := l.fail[model]; err != nil {
		return nil, nil, err
	}
	if l.begin != nil {
		l.begin()
	}
	l.started.Add(1)
	l.launched = append(l.launched, model)
	h := l.handlers[model]
	if h == nil {
		h = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") }
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.requests.Add(1)
		h(w, r)
	}))
	if l.gone == nil {
		l.gone = map[string]chan error{}
	}
	gone := make(chan error, 1)
	l.gone[model] = gone
	t := &subject.Target{Workload: workload, Model: model, URL: server.URL, Gone: gone}
	var admin *httptest.Server
	if l.usage != nil {
		admin = httptest.NewServer(l.usage)
		t.AdminURL = admin.URL
	}
	return t, func() error {
		l.ending.Add(1)
		if l.wait != nil {
			l.wait()
		}
		server.Close()
		if admin != nil {
			admin.Close()
		}
		return l.stopErr
	}, nil
}

// growing returns a handler for /usage in which every field grows by one per request.
func growing() http.HandlerFunc {
	var n atomic.Int64
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/usage" {
			http.NotFound(w, r)
			return
		}
		json.NewEncoder(w).Encode(constant(n.Add(1)))
	}
}

func constant(n int64) contract.Usage {
	return contract.Usage{SelfCPUNS: n, ChildrenCPUNS: n, MinorFaults: n, MajorFaults: n, VoluntarySwitches: n,
		InvoluntarySwitches: n, PeakMemoryBytes: n, ChildPeakMemoryBytes: n, ProcessesStarted: n, ConnectionsOpened: n}
}

// somePlan returns a plan that compares two models of a workload with one request, under two loads. With its seed, the
// first start launches the targets in the order of the plan.
func somePlan() plan.Plan {
	p := plan.Plan{
		Workloads: []contract.Description{{Contract: contract.Version, Name: "hello", Models: []string{"persistent", "cgi"},
			Requests: []contract.Request{{Name: "hello", Method: "GET", Path: "/"}}}},
		Rounds: 5, Starts: 3, BlockNS: int64(time.Millisecond), MinRequests: 3, Seed: 1,
	}
	for _, clients := range []int{1, 8} {
		for _, model := range p.Workloads[0].Models {
			p.Cells = append(p.Cells, plan.Cell{Workload: "hello", Request: "hello", Model: model, Engine: "fake",
				Load: plan.Load{Kind: plan.Closed, Concurrency: clients}})
		}
	}
	return p
}

// newRunner returns a runner whose record is in a new directory.
func newRunner(t *testing.T, p plan.Plan, l run.Launcher, e load.Engine) *run.Runner {
	t.Helper()
	record, err := record.Create(t.TempDir(), record.Head{Schema: record.Schema, ID: "test", Plan: p})
	if err != nil {
		t.Fatal(err)
	}
	return &run.Runner{Plan: p, Launcher: l, Engines: map[string]load.Engine{"fake": e}, Record: record}
}

func read(t *testing.T, dir string) *record.Result {
	t.Helper()
	r, err := record.Read(dir)
	if err != nil {
		t.Fatalf("Read = %v", err)
	}
	return r
}

var errFake = errors.New("the fake fails")
