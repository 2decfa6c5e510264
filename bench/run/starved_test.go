package run_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
)

// starvedRun returns the runner of a run with a budget and closed loops, in which each visit has the given
// observations.
func starvedRun(t *testing.T, l *fakeLauncher, observed ...record.Observation) (*run.Runner, *fakeEngine) {
	t.Helper()
	p := timedPlan(time.Second)
	p.Cells, p.Strides, p.Starts = p.Cells[:2], nil, 1
	for i := range p.Cells {
		p.Cells[i].Load = plan.Load{Kind: plan.Closed, Concurrency: 8}
	}
	e := &fakeEngine{run: func(_ context.Context, _ load.Visit, rec load.Recorder) error {
		time.Sleep(200 * ms)
		rec.Observe(observed)
		return nil
	}}
	r := newRunner(t, p, l, nil)
	r.Engines = map[string]load.Engine{"fake": e}
	return r, e
}

// Slow requests get more grace than the plan's, since each client may have to wait for all others.
func TestGraceOfSlowRequests(t *testing.T) {
	const slow = 50 * ms
	l := &fakeLauncher{handlers: map[string]http.HandlerFunc{"cgi": func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(slow)
		io.WriteString(w, "hello\n")
	}}}
	r, e := starvedRun(t, l, record.Observation{Status: 200, Done: 1})
	var graces []time.Duration
	e.run = func(_ context.Context, v load.Visit, rec load.Recorder) error {
		graces = append(graces, v.Grace)
		time.Sleep(200 * ms)
		rec.Observe([]record.Observation{{Status: 200, Done: 1}})
		return nil
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, b := range read(t, r.Record.Dir).Blocks {
		c := r.Plan.Cells[b.Cell]
		least := r.Plan.Grace(c)
		if c.Model == "cgi" {
			least += 8 * slow
		}
		if graces[i] < least || graces[i] > c.Load.Timeout() {
			t.Errorf("grace of a visit to %s = %v, want at least %v and at most the timeout", c, graces[i], least)
		}
	}
}

// The error for a target that does not respond to some requests names the trap, if one was found.
func TestStarvedVisits(t *testing.T) {
	unfinished := record.Observation{Err: record.ErrUnfinished}
	traps := []subject.Trap{
		{Code: subject.ListenBacklog, Model: "persistent", Evidence: "it was full", Advice: "listen with a larger one"},
		{Code: subject.FewWorkers, Model: "persistent", Evidence: "only 4 had a response", Advice: "start more workers"},
		{Code: subject.FewWorkers, Model: "cgi", Evidence: "only 4 had a response", Advice: "start more workers"}}
	for name, test := range map[string]struct {
		traps []subject.Trap
		want  string
	}{
		"a known trap": {traps, "from the first request on; few-workers: only 4 had a response; start more workers"},
		"no trap":      {nil, "from the first request on; use fewer clients or a longer --budget"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := starvedRun(t, &fakeLauncher{}, unfinished)
			r.Plan.Traps = test.traps
			if err := r.Run(t.Context()); err == nil || !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("Run = %v, want %q", err, test.want)
			}
		})
	}
}

func TestStarvedTargetThatDoesNotRespondAgain(t *testing.T) {
	l := &fakeLauncher{}
	stuck := func(w http.ResponseWriter, r *http.Request) {
		if l.requests.Load() > 2 {
			<-r.Context().Done()
		}
	}
	l.handlers = map[string]http.HandlerFunc{"cgi": stuck, "persistent": stuck}
	r, _ := starvedRun(t, l, record.Observation{Status: 200, Done: 1}, record.Observation{Err: record.ErrUnfinished})
	const want = "target left requests without a response and did not respond again within "
	err := r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), "; use fewer clients or a longer --budget") {
		t.Errorf("Run = %v, want %q", err, want)
	}
}
