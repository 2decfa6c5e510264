package run_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/workload/contract"
)

func TestRunnerVisitsEveryCellOnceARound(t *testing.T) {
	p, engine, launcher := somePlan(), &fakeEngine{}, &fakeLauncher{}
	r := newRunner(t, p, launcher, engine)
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	blocks := read(t, r.Record.Dir).Blocks
	if got, want := len(blocks), p.Rounds*len(p.Cells); got != want {
		t.Fatalf("%d blocks, want %d", got, want)
	}
	var end int64
	for i, b := range blocks {
		round := i / len(p.Cells)
		want := record.Block{Cell: p.Order(round)[i%len(p.Cells)], Round: round,
			Start: []int{0, 0, 1, 1, 2}[round]} // 5 rounds in 3 starts
		if b.Cell != want.Cell || b.Round != want.Round || b.Start != want.Start {
			t.Errorf("block %d is cell %d, round %d, start %d, want %d, %d, %d", i, b.Cell, b.Round, b.Start, want.Cell,
				want.Round, want.Start)
		}
		if b.BeganNS < end || b.LengthNS <= 0 || b.Requests != 1 || b.Errors != nil || b.Usage != nil {
			t.Errorf("block %d: %+v, and the one before it ended at %d", i, b, end)
		}
		end = b.BeganNS + b.LengthNS

		wanted := load.Visit{URL: engine.visits[i].URL, Request: p.Workloads[0].Requests[0], Load: p.Cells[b.Cell].Load,
			Length: time.Millisecond, MinRequests: 3, Seed: p.BlockSeed(round)}
		if wanted.Load.Concurrency == 8 {
			wanted.MinRequests += 8 // the first of each client is discarded
		}
		if diff := cmp.Diff(wanted, engine.visits[i]); diff != "" {
			t.Errorf("visit %d (-want +got):\n%s", i, diff)
		}
	}
}

// Cells of a pair have the same arrivals in a round; other rounds have different ones.
func TestRunnerSeedsVisitsByRound(t *testing.T) {
	p, engine := somePlan(), &fakeEngine{}
	if err := newRunner(t, p, &fakeLauncher{}, engine).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, v := range engine.visits {
		for j, w := range engine.visits {
			if same := i/len(p.Cells) == j/len(p.Cells); (v.Seed == w.Seed) != same {
				t.Fatalf("seeds of visits %d and %d = %d and %d, want equal: %t", i, j, v.Seed, w.Seed, same)
			}
		}
	}
}

func TestRunnerRecordsEachBlockBeforeTheNext(t *testing.T) {
	engine := &fakeEngine{}
	r := newRunner(t, somePlan(), &fakeLauncher{}, engine)
	var progress []run.Progress
	r.Progress = func(p run.Progress) { progress = append(progress, p) }
	engine.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
		done := len(engine.visits) - 1
		result := read(t, r.Record.Dir)
		if got := len(result.Blocks); got != done {
			t.Errorf("%d blocks are on disk when block %d begins", got, done)
		}
		for i, b := range result.Blocks {
			for o, err := range result.Observations(b) {
				if o.Bytes != int64(i+1) || err != nil {
					t.Errorf("block %d when block %d begins: %+v, %v", i, done, o, err)
				}
			}
		}
		rec.Observe([]record.Observation{{Status: 200, Bytes: int64(done + 1)}})
		return nil
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, p := range progress {
		if p.Done != i || p.Share < 0 || p.Share >= 1 || !slices.Contains(r.Plan.Cells, p.Cell) {
			t.Errorf("progress %d: %+v", i, p)
		}
	}
	if len(progress) != 20 {
		t.Errorf("Progress was called %d times, want 20", len(progress))
	}
}

// However a run ends, complete blocks are on disk, and every started target is stopped.
func TestRunnerEnds(t *testing.T) {
	type arrange func(*fakeLauncher, *fakeEngine, context.CancelFunc)
	// The third visit is within the first start, which has two targets.
	third := func(what func(context.Context, *fakeLauncher, load.Recorder) error) arrange {
		return func(l *fakeLauncher, e *fakeEngine, _ context.CancelFunc) {
			e.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
				if len(e.visits) == 3 {
					return what(ctx, l, rec)
				}
				return oneResponse(ctx, v, rec)
			}
		}
	}
	for name, test := range map[string]struct {
		arrange         arrange
		blocks, started int
		want            string // text in the error
	}{
		"success": {func(*fakeLauncher, *fakeEngine, context.CancelFunc) {}, 20, 6, ""},
		"the engine fails": {third(func(_ context.Context, _ *fakeLauncher, rec load.Recorder) error {
			rec.Observe([]record.Observation{{Status: 200}})
			return errFake
		}), 2, 2, "visiting hello, persistent, 1 client, fake: the fake fails"},
		"canceled during a block": {func(_ *fakeLauncher, e *fakeEngine, cancel context.CancelFunc) {
			e.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
				if len(e.visits) == 3 {
					cancel()
				}
				return oneResponse(ctx, v, rec)
			}
		}, 2, 2, "context canceled"},
		"canceled before the run": {func(_ *fakeLauncher, _ *fakeEngine, cancel context.CancelFunc) {
			cancel()
		}, 0, 2, "context canceled"},
		"a target dies during a block": {third(func(ctx context.Context, l *fakeLauncher, rec load.Recorder) error {
			l.gone["cgi"] <- errors.New("panic: no coffee")
			<-ctx.Done()
			rec.Observe([]record.Observation{{Err: record.ErrRefused}})
			return nil
		}), 2, 2, "a target died: hello as cgi: panic: no coffee"},
		"the engine fails because a target died": {third(func(ctx context.Context, l *fakeLauncher, _ load.Recorder) error {
			l.gone["persistent"] <- errors.New("panic: no tea")
			<-ctx.Done()
			return errFake
		}), 2, 2, "a target died: hello as persistent: panic: no tea"},
		"the engine fails before a death is noticed": {third(func(_ context.Context, l *fakeLauncher, _ load.Recorder) error {
			time.AfterFunc(time.Millisecond, func() { l.gone["cgi"] <- errors.New("panic: late") })
			return errFake
		}), 2, 2, "a target died: hello as cgi: panic: late"},
		"a target dies during verification": {func(l *fakeLauncher, _ *fakeEngine, _ context.CancelFunc) {
			l.handlers = map[string]http.HandlerFunc{"cgi": func(http.ResponseWriter, *http.Request) {
				l.gone["cgi"] <- errors.New("panic: at once")
				panic(http.ErrAbortHandler)
			}}
		}, 0, 2, "a target died: hello as cgi: panic: at once"},
		"a target does not start": {func(l *fakeLauncher, _ *fakeEngine, _ context.CancelFunc) {
			l.fail = map[string]error{"cgi": errFake}
		}, 0, 1, "starting hello as cgi: the fake fails"},
		"no target stops cleanly": {func(l *fakeLauncher, _ *fakeEngine, _ context.CancelFunc) {
			l.stopErr = errFake
			// noticed after the first start
		}, 8, 2, "stopping hello as persistent: the fake fails\nstopping hello as cgi: the fake fails"},
		"no response is right": {third(func(_ context.Context, _ *fakeLauncher, rec load.Recorder) error {
			rec.Observe([]record.Observation{{Err: record.ErrRefused}, {Err: record.ErrTimeout}, {Err: record.ErrRefused}})
			return nil
		}), 3, 2, "hello, persistent, 1 client, fake: no request got a right response: 2 refused, 1 timeout; " +
			"refused: from the first request on; timeout: from request 2 on"},
		"nothing is observed": {third(func(context.Context, *fakeLauncher, load.Recorder) error {
			return nil
		}), 3, 2, "no request got a right response: no request was sent"},
		"responses differ": {func(l *fakeLauncher, _ *fakeEngine, _ context.CancelFunc) {
			l.handlers = map[string]http.HandlerFunc{"cgi": func(w http.ResponseWriter, _ *http.Request) {}}
		}, 0, 2, "differ on GET /"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			launcher, engine := &fakeLauncher{}, &fakeEngine{}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			test.arrange(launcher, engine, cancel)
			r := newRunner(t, somePlan(), launcher, engine)
			err := r.Run(ctx)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("Run = %v, want %q", err, test.want)
			}
			if got := len(read(t, r.Record.Dir).Blocks); got != test.blocks {
				t.Errorf("%d blocks are on disk, want %d", got, test.blocks)
			}
			started, ended := launcher.started.Load(), launcher.ending.Load()
			if started != int64(test.started) || ended != started {
				t.Errorf("%d targets started and %d stopped, want %d of both", started, ended, test.started)
			}
		})
	}
}

// Targets are stopped concurrently, as each may take long to drain. Here each stop waits until all are called.
func TestRunnerStopsTargetsConcurrently(t *testing.T) {
	p := somePlan()
	p.Starts = 1
	var stopping sync.WaitGroup
	stopping.Add(2)
	launcher := &fakeLauncher{stopErr: errFake, wait: func() { stopping.Done(); stopping.Wait() }}
	r := newRunner(t, p, launcher, &fakeEngine{})
	ended := make(chan error, 1)
	go func() { ended <- r.Run(t.Context()) }()
	select {
	case err := <-ended:
		var stop *run.StopError
		if !errors.As(err, &stop) || !errors.Is(err, errFake) {
			t.Errorf("Run = %v, want a StopError with %v", err, errFake)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("targets are stopped one after the other")
	}
}

func TestRunnerReadsUsage(t *testing.T) {
	respond := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	// Peaks are those at the end of the block, all other fields are differences.
	grew := constant(1)
	grew.PeakMemoryBytes, grew.ChildPeakMemoryBytes = 2, 2
	for name, test := range map[string]struct {
		usage http.HandlerFunc
		first *contract.Usage // usage in the first block
		want  string          // text in the error
	}{
		"success":           {growing(), &grew, ""},
		"no admin listener": {nil, nil, ""},
		"not found":         {respond(404, ""), nil, "requesting the usage of hello cgi: 404 Not Found"},
		"failure":           {respond(500, "{}"), nil, "requesting the usage of hello cgi: 500"},
		"not JSON":          {respond(200, "ok\n"), nil, "reading the usage of hello cgi: invalid"},
		"wrong type": {respond(200, `{"self_cpu_ns":"1"}`), nil,
			`reading the usage of hello cgi: the key "self_cpu_ns" is a string, not a whole number`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := somePlan()
			p.Cells = p.Cells[1:2] // a single target, so that /usage has no other client
			r := newRunner(t, p, &fakeLauncher{usage: test.usage}, &fakeEngine{})
			err := r.Run(t.Context())
			blocks := read(t, r.Record.Dir).Blocks
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) || len(blocks) > 0 {
					t.Errorf("Run = %v after %d blocks, want %q before the first", err, len(blocks), test.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.first, blocks[0].Usage); diff != "" {
				t.Errorf("usage of the first block (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRunnerInvalidPlan(t *testing.T) {
	check := func(change func(*plan.Plan), want string) {
		t.Helper()
		p := somePlan()
		change(&p)
		launcher := &fakeLauncher{}
		r := newRunner(t, p, launcher, &fakeEngine{})
		if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Run = %v, want %q", err, want)
		}
		if launcher.started.Load() != launcher.ending.Load() {
			t.Errorf("%d targets started and %d stopped", launcher.started.Load(), launcher.ending.Load())
		}
	}
	check(func(p *plan.Plan) { p.Cells[p.Order(0)[0]].Engine = "steam" }, `unknown engine "steam"`)
	check(func(p *plan.Plan) { p.Cells[p.Order(0)[0]].Request = "nothing" }, "no request hello/nothing")
}

// The errors of a block are counted when they are recorded, without those of earlier blocks.
func TestRunnerCountsErrors(t *testing.T) {
	engine := &fakeEngine{}
	engine.run = func(_ context.Context, _ load.Visit, rec load.Recorder) error {
		for n := range len(engine.visits) {
			rec.Observe([]record.Observation{{Status: 200}, {Err: record.ErrReset}})
			if n%2 == 1 {
				rec.Observe([]record.Observation{{Err: record.ErrClosed}})
			}
		}
		return nil
	}
	r := newRunner(t, somePlan(), &fakeLauncher{}, engine)
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, b := range read(t, r.Record.Dir).Blocks {
		n := i + 1
		want := map[string]int{record.ErrReset: n}
		if n > 1 {
			want[record.ErrClosed] = n / 2
		}
		if diff := cmp.Diff(want, b.Errors); diff != "" || b.Requests != 2*n+n/2 || b.Failed() != n+n/2 {
			t.Errorf("block %d has %d requests, %d failed, want %d, %d; errors (-want +got):\n%s", i, b.Requests, b.Failed(),
				2*n+n/2, n+n/2, diff)
		}
	}
}

// Blocks of a check have few requests, so one without a right response does not end it; five of a cell do, also if
// other cells and starts of the targets are between them.
func TestCheckOfAFailingCandidate(t *testing.T) {
	p := somePlan()
	p.Rounds = 12
	p.Check = &plan.CheckSpec{Candidate: "cgi", Alpha: 0.01, MustCatch: 0.1}
	engine := &fakeEngine{}
	engine.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
		if v.Load.Concurrency == 1 {
			return oneResponse(ctx, v, rec)
		}
		rec.Observe([]record.Observation{{Err: record.ErrReset}, {Err: record.ErrReset}})
		return nil
	}
	r := newRunner(t, p, &fakeLauncher{}, engine)
	if err := r.Run(t.Context()); !errors.Is(err, run.ErrNoneRight) {
		t.Errorf("Run = %v, want %v", err, run.ErrNoneRight)
	}
	failed := map[int]int{}
	for _, b := range read(t, r.Record.Dir).Blocks {
		failed[b.Cell] += min(b.Failed(), 1)
	}
	most := 0
	for _, n := range failed {
		most = max(most, n)
	}
	if most != 5 {
		t.Errorf("failed blocks by cell: %v, want 5 of one", failed)
	}
}

// A part measures what reading the usage costs in a block that counts, not in its warm-up.
func TestPartReadsTwice(t *testing.T) {
	t.Parallel()
	p := somePlan()
	p.Cells, p.WarmUpNS = p.Cells[1:2], int64(time.Millisecond)
	p.Part, p.StartAt = &plan.Part{Number: 1, Of: 1}, time.Now().Add(200*time.Millisecond)
	r := newRunner(t, p, &fakeLauncher{usage: growing()}, &fakeEngine{})
	if err := r.RunPart(t.Context()); err != nil {
		t.Fatal(err)
	}
	result := read(t, r.Record.Dir)
	known := 0
	for _, b := range result.Blocks {
		if b.ReadingNS != nil && *b.ReadingNS == 2 { // user and system time of one request
			known++
		}
	}
	if known != 1 || len(result.Discarded) == 0 {
		t.Errorf("%d of %d blocks have the cost of a reading, want one; %d are of the warm-up", known, len(result.Blocks),
			len(result.Discarded))
	}
}
