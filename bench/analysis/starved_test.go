package analysis_test

import (
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// starving returns blocks in which all requests to cgi have a response, and this many requests to persistent have none.
func starving(unanswered int, class string) func(plan.Cell, int) []record.Observation {
	return func(c plan.Cell, round int) []record.Observation {
		all := analysistest.TenResponses(c, round)
		for range unanswered {
			if c.Model == plan.Baseline {
				all = append(all, analysistest.Failed(class))
			}
		}
		return all
	}
}

// If a trap makes blocks invalid, the warning names the trap instead of a noisy machine or a short run. This does not
// apply to traps of other models or to blocks that are invalid for another reason.
func TestStarved(t *testing.T) {
	trap := func(code, evidence, advice string) record.Trap {
		return record.Trap{Code: code, Model: "persistent", Evidence: evidence, Advice: advice}
	}
	few := trap(record.FewWorkers, "only 4 had a response", "start more workers")
	full := trap(record.ListenBacklog, "it was full", "listen with a larger one")
	ack := trap("delayed-ack", "43 ms between two parts", "write at once")
	ofOther := few
	ofOther.Model = "other"
	const (
		cells = "the blocks of hello, persistent, 8 clients, fake and 1 more are invalid "
		noisy = "more than 20% of the blocks of hello, persistent, 8 clients, fake and 1 more are invalid: "
	)
	dropped := func(b *record.Block) { b.Machine.ListenDrops = 1 }
	for name, test := range map[string]struct {
		rounds       int
		traps        []record.Trap
		unanswered   int
		class        string
		spoil        func(*record.Block)
		want, advice string
	}{
		"a known trap": {6, []record.Trap{ack, full, few}, 4, record.ErrUnfinished, nil,
			cells + "(12 errors) because of the trap few-workers: persistent: only 4", few.Advice},
		"a single round": {1, []record.Trap{few}, 4, record.ErrUnfinished, nil,
			cells + "(2 errors) because of the trap few-workers: ", few.Advice},
		"timeouts": {6, []record.Trap{few}, 4, record.ErrTimeout, nil,
			cells + "(12 errors) because of the trap few-workers: ", few.Advice},
		"a full backlog": {6, []record.Trap{few, full}, 0, "", dropped,
			cells + "(12 network) because of the trap listen-backlog: persistent: it was full", full.Advice},
		"seen in blocks": {6, nil, 4, record.ErrUnfinished, nil,
			cells + "(12 errors) because of the trap few-workers: persistent: 24 requests got no response in 6 of 6 blocks of " +
				"hello, persistent, 8 clients, fake, while other clients did", "the server probably has fewer workers"},
		"a trap of another model": {6, []record.Trap{ofOther}, 0, "", dropped, noisy, "measure for longer"},
		"another trap":            {6, []record.Trap{ack}, 0, "", dropped, noisy, "measure for longer"},
		"as many as clients":      {6, nil, 8, record.ErrUnfinished, nil, noisy, "measure for longer"},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell(plan.Baseline, 8), analysistest.Cell(plan.Fresh, 8)},
				Block: starving(test.unanswered, test.class)}
			r := m.Record(t, test.rounds)
			r.Plan.Traps = test.traps
			for i := range r.Blocks {
				if test.spoil != nil && r.Blocks[i].Cell == 0 {
					test.spoil(&r.Blocks[i])
				}
			}
			a := analysistest.Analyze(t, r)
			found := inconclusive(a)
			if len(found) != 1 || !strings.HasPrefix(found[0].Text, test.want) ||
				!strings.HasPrefix(found[0].Advice, test.advice) {
				t.Errorf("the warnings are %+v, want %q with the advice %q", found, test.want, test.advice)
			}
			starved := strings.HasPrefix(test.want, cells)
			for _, w := range a.Warnings {
				if w.Code == "errors" && strings.Contains(w.Advice, "the cause is the trap few-workers") != starved {
					t.Errorf("the warning of errors is %+v", w)
				}
			}
		})
	}
}

// Requests without a response are not a trap without kept connections, at a rate, or with a single client.
func TestNotStarved(t *testing.T) {
	for name, change := range map[string]func(*plan.Load){
		"no kept connections": func(l *plan.Load) { l.NoReuse = true },
		"a rate":              func(l *plan.Load) { l.Kind, l.RateRPS = plan.Open, 10 },
		"one client":          func(l *plan.Load) { l.Concurrency = 1 },
	} {
		cells := []plan.Cell{analysistest.Cell(plan.Baseline, 8), analysistest.Cell(plan.Fresh, 8)}
		for i := range cells {
			change(&cells[i].Load)
		}
		m := analysistest.Fake{Cells: cells, Block: starving(4, record.ErrTimeout)}
		for _, w := range analysistest.Analyze(t, m.Record(t, 6)).Warnings {
			if w.Trap || w.Code == analysis.Inconclusive && strings.Contains(w.Text, "trap") {
				t.Errorf("%s: %+v", name, w)
			}
		}
	}
}
