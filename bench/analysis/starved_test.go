package analysis_test

import (
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// starving answers all requests of cgi, and of persistent some: so many requests have no response in each block.
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

// Where a trap is why blocks are invalid, the outcome says so, and not that the machine was too noisy, or the run too
// short. A trap of another model, and blocks that are invalid for another reason, are none of that.
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
		cells = "the blocks of hello/hello, persistent, 8 clients, fake and 1 more are invalid "
		noisy = "more than a fifth of the blocks of hello/hello, persistent, 8 clients, fake and 1 more is invalid: "
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
			cells + "(12 errors) because of the trap few-workers: persistent: 24 requests had no response in 6 of 6 blocks of " +
				"hello/hello, persistent, 8 clients, fake, while the other clients had theirs", "most likely the server has fewer"},
		"another's trap":     {6, []record.Trap{ofOther}, 0, "", dropped, noisy, "docs/methodology.md"},
		"another trap":       {6, []record.Trap{ack}, 0, "", dropped, noisy, "docs/methodology.md"},
		"as many as clients": {6, nil, 8, record.ErrUnfinished, nil, noisy, "docs/methodology.md"},
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
				if w.Code == "errors" && strings.Contains(w.Advice, "the reason is the trap few-workers") != starved {
					t.Errorf("the warning of errors is %+v", w)
				}
			}
		})
	}
}

// Requests that have no response are no trap where each has a connection of its own, at a rate, or once.
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
