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

// fakeEngine records what it is told to, in place of sending anything.
type fakeEngine struct {
	visits []load.Visit
	run    func(ctx context.Context, v load.Visit, rec load.Recorder) error // nil is oneAnswer
}

var _ load.Engine = (*fakeEngine)(nil)

func (e *fakeEngine) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	e.visits = append(e.visits, v)
	if e.run != nil {
		return e.run(ctx, v, rec)
	}
	return oneAnswer(ctx, v, rec)
}

func oneAnswer(_ context.Context, _ load.Visit, rec load.Recorder) error {
	rec.Observe([]record.Observation{{Intended: 1, Sent: 2, FirstByte: 3, Done: 4, Status: 200, Bytes: 6}})
	return nil
}

// fakeLauncher serves each target from this process.
type fakeLauncher struct {
	answer map[string]http.HandlerFunc // by model; what is missing says hello
	usage  http.HandlerFunc            // nil: the target has no admin listener
	fail   map[string]error            // of the launch, by model
	badEnd error                       // of each stop
	wait   func()                      // in each stop; nil: it does not
	begin  func()                      // in each launch; nil: nothing happens

	gone            map[string]chan error // by model, of the last that was launched
	launched        []string              // models, in their order
	started, ending atomic.Int64
	asked           atomic.Int64 // requests to workloads, all targets together
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
	h := l.answer[model]
	if h == nil {
		h = func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") }
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.asked.Add(1)
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
		return l.badEnd
	}, nil
}

// growing is a /usage in which every field is larger by one each time.
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

// somePlan compares two models of one workload with one request, and with two loads. By its seed, the first start of
// the targets is in their order.
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

// newRunner makes one whose record is a new folder.
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
		t.Fatalf("ReadResult = %v", err)
	}
	return r
}

var errFake = errors.New("the fake fails")
