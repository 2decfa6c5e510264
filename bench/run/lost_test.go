package run_test

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/run"
)

// ofSuite returns a plan in which three contenders are compared with the first.
func ofSuite() plan.Plan {
	p := somePlan()
	p.Suite = &plan.SuiteInfo{Name: "mine"}
	p.Baseline, p.Cells = "base", nil
	for _, name := range []string{"base", "good", "bad"} {
		p.Cells = append(p.Cells, plan.Cell{Workload: "hello", Request: "hello", Model: name, Engine: "fake",
			Load: plan.Load{Kind: plan.Closed, Concurrency: 1}})
		p.Suite.Contenders = append(p.Suite.Contenders, plan.Contender{Workload: "hello", Name: name, At: "mine.yaml:7:6"})
	}
	return p
}

// A contender of a suite that does not start, responds differently, dies or gives no right response is lost: the run
// goes on without it, and never starts it again. Without the baseline, nothing is left.
func TestSuiteGoesOnWithoutAContender(t *testing.T) {
	other := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "other\n") }
	for name, test := range map[string]struct {
		launcher *fakeLauncher
		dies     string // contender that ends during its second visit
		lost     string // the contender, and a part of the reason
		ends     string // the error of the run
	}{
		"does not start": {launcher: &fakeLauncher{fail: map[string]error{"bad": errFake}}, lost: "bad: the fake fails"},
		"responds differently": {launcher: &fakeLauncher{handlers: map[string]http.HandlerFunc{"bad": other}},
			lost: "bad: body"},
		"dies": {launcher: &fakeLauncher{}, dies: "bad", lost: "bad: the fake fails"},
		"the baseline": {launcher: &fakeLauncher{fail: map[string]error{"base": errFake}},
			ends: "no target is left: mine.yaml:7:6: hello, base: "},
		"the baseline dies": {launcher: &fakeLauncher{}, dies: "base",
			ends: "no target is left: mine.yaml:7:6: hello, base: the fake fails"},
	} {
		t.Run(name, func(t *testing.T) {
			engine, visits := &fakeEngine{}, map[string]int{}
			r := newRunner(t, ofSuite(), test.launcher, engine)
			var lost []plan.Lost
			r.Lost = func(l plan.Lost) { lost = append(lost, l) }
			current := ""
			r.Progress = func(p run.Progress) { current = p.Cell.Model }
			engine.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
				if visits[current]++; current == test.dies && visits[current] == 2 {
					test.launcher.gone[current] <- errFake
					time.Sleep(50 * time.Millisecond) // until the end of the target is noticed
					return errFake
				}
				return oneResponse(ctx, v, rec)
			}
			err := r.Run(t.Context())
			if test.ends != "" {
				if err == nil || !strings.Contains(err.Error(), test.ends) {
					t.Errorf("Run = %v, want %q", err, test.ends)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			contender, why, _ := strings.Cut(test.lost, ": ")
			if len(lost) != 1 || lost[0].Name != contender || !strings.Contains(lost[0].Why, why) ||
				lost[0].At != "mine.yaml:7:6" {
				t.Errorf("lost: %+v, want %s", lost, test.lost)
			}
			blocks := map[string]int{}
			for _, b := range read(t, r.Record.Dir).Blocks {
				blocks[r.Plan.Cells[b.Cell].Model]++
			}
			if blocks["base"] != r.Plan.Rounds || blocks["good"] != r.Plan.Rounds || blocks["bad"] > 1 {
				t.Errorf("blocks: %v, want %d of base and good", blocks, r.Plan.Rounds)
			}
			launched := test.launcher.launched
			if first := slices.Index(launched, "bad"); slices.Contains(launched[first+1:], "bad") {
				t.Errorf("started: %q; bad is lost in its first start", launched)
			}
		})
	}
}
