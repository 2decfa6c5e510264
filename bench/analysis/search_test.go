package analysis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// A searchBlock is a simulated block of a search.
type searchBlock struct {
	rate   float64
	start  int
	block  []record.Observation
	change func(*record.Block)
}

// The following functions return blocks at a rate and a start of the targets, with different results for p50 ≤ 80 ms.
func meets(rate float64, start int) searchBlock {
	return searchBlock{rate, start, evenly(200, always(10*time.Millisecond)), nothing}
}

func misses(rate float64, start int) searchBlock {
	return searchBlock{rate, start, evenly(200, always(100*time.Millisecond)), nothing}
}

func fails(rate float64, start int) searchBlock {
	return searchBlock{rate, start, append(meets(rate, start).block, analysistest.Failed(record.ErrReset)), nothing}
}

func drops(rate float64, start int) searchBlock {
	return searchBlock{rate, start, append(meets(rate, start).block, record.Observation{Done: time.Second, Status: 200}),
		func(b *record.Block) { b.Machine.ListenDrops = 1 }}
}

func stolen(rate float64, start int) searchBlock {
	return searchBlock{rate, start, misses(rate, start).block, func(b *record.Block) {
		b.Machine = record.Counters{CPUSeconds: 1, StealSeconds: 0.1}
	}}
}

func collected(rate float64, start int) searchBlock {
	return searchBlock{rate, start, misses(rate, start).block, func(b *record.Block) { b.Collections = 1 }}
}

func busy(rate float64, start int) searchBlock {
	return searchBlock{rate, start, misses(rate, start).block, func(b *record.Block) { b.GeneratorNS = 7e8 }}
}

func busyAndStolen(rate float64, start int) searchBlock {
	return searchBlock{rate, start, misses(rate, start).block, func(b *record.Block) {
		busy(rate, start).change(b)
		stolen(rate, start).change(b)
	}}
}

// search records blocks of a search for the model cgi at 10, 20, … 70/s, with three starts.
func search(t *testing.T, blocks ...searchBlock) *record.Result {
	t.Helper()
	return searchOf(t, blocks, nil)
}

// searchOf records blocks of a search for cgi and persistent.
func searchOf(t *testing.T, cgi, persistent []searchBlock) *record.Result {
	t.Helper()
	blocks := slices.Concat(cgi, persistent)
	cells := curve(10, 20, 30, 40, 50, 60, 70)
	m := analysistest.Fake{Cells: cells,
		Block: func(_ plan.Cell, round int) []record.Observation { return blocks[round].block }}
	r := m.Record(t, len(blocks))
	r.Blocks = slices.DeleteFunc(r.Blocks, func(b record.Block) bool {
		c := cells[b.Cell]
		return c.Load.RateRPS != blocks[b.Round].rate || (c.Model == "cgi") != (b.Round < len(cgi))
	})
	for i := range r.Blocks {
		r.Blocks[i].Start = blocks[i].start
		blocks[i].change(&r.Blocks[i])
	}
	r.Plan.Searched, r.Plan.Starts, r.Plan.BlockNS = true, 3, int64(250*time.Millisecond)
	r.Plan.Objective = &plan.Objective{Percentile: 0.5, LimitNS: int64(80 * time.Millisecond)}
	return r
}

// The last block decides the status of the objective, whatever the blocks before it.
func TestLatestStatus(t *testing.T) {
	growing := func(share time.Duration) searchBlock {
		response := func(due time.Duration) time.Duration { return due/share + time.Millisecond }
		return searchBlock{50, 0, evenly(200, response), nothing}
	}
	for name, test := range map[string]struct {
		block searchBlock
		want  plan.ObjectiveStatus
	}{
		"met":                     {meets(50, 0), plan.Met},
		"too slow":                {misses(50, 0), plan.Missed},
		"a failed request":        {fails(50, 0), plan.Failed},
		"a dropped connection":    {drops(50, 0), plan.Failed},
		"another program's drop":  {searchBlock{50, 0, misses(50, 0).block, drops(50, 0).change}, plan.Unclear},
		"steal, but met":          {searchBlock{50, 0, meets(50, 0).block, stolen(50, 0).change}, plan.Met},
		"steal, and missed":       {stolen(50, 0), plan.Missed},
		"a garbage collection":    {collected(50, 0), plan.Unclear},
		"a busy generator":        {busy(50, 0), plan.Unclear},
		"too few requests":        {searchBlock{50, 0, meets(50, 0).block[:3], nothing}, plan.Unclear},
		"a growing queue":         {growing(4), plan.Missed},
		"a queue that grows fast": {searchBlock{50, 0, growing(1).block, nothing}, plan.Missed},
		"a queue that grows faster": {searchBlock{50, 0, evenly(200, func(due time.Duration) time.Duration {
			return 2 * due
		}), nothing}, plan.Failed},
	} {
		for _, before := range []searchBlock{meets(40, 0), fails(40, 0), meets(50, 0)} {
			if got, err := analysis.LatestStatus(search(t, before, test.block)); got != test.want || err != nil {
				t.Errorf("%s: LatestStatus = %v, %v, want %v", name, got, err, test.want)
			}
		}
	}
}

// The knee of a search is evaluated block by block: results of blocks at the same rate are neither dropped nor pooled.
func TestKneesOfSearches(t *testing.T) {
	at := func(rps float64) *float64 { return &rps }
	for name, test := range map[string]struct {
		blocks      []searchBlock
		met, failed *float64
		reason      string
		search      analysis.Search
	}{
		"complete": {[]searchBlock{meets(40, 0), misses(60, 0), misses(60, 0), meets(50, 0), meets(50, 1), meets(50, 2)},
			at(50), at(60), "response times", analysis.Search{Blocks: 6, Starts: 3}},
		"missed once, by noise": {[]searchBlock{misses(40, 0), meets(40, 0), fails(60, 0), fails(50, 0), meets(40, 1),
			meets(40, 2)}, at(40), at(50), "errors", analysis.Search{Blocks: 6, Starts: 3}},
		"disturbed, then met": {[]searchBlock{collected(40, 0), busy(40, 0), meets(40, 0), fails(60, 0), fails(50, 0),
			meets(40, 1), meets(40, 2)}, at(40), at(50), "errors", analysis.Search{Blocks: 7, Starts: 3}},
		"disturbed each time": {[]searchBlock{meets(40, 0), busy(60, 0), collected(60, 0), busy(60, 0), meets(50, 0),
			meets(50, 1), meets(50, 2)}, at(50), at(60), "generator", analysis.Search{Blocks: 7, Starts: 3}},
		"disturbed twice, and missed": {[]searchBlock{meets(40, 0), busy(60, 0), misses(60, 0), busy(60, 0), meets(50, 0),
			meets(50, 1), meets(50, 2)}, at(50), at(60), "response times", analysis.Search{Blocks: 7, Starts: 3}},
		"met once, then failed at a later start": {[]searchBlock{meets(40, 0), fails(60, 0), meets(50, 0), fails(50, 1),
			meets(40, 1), meets(40, 2)}, at(40), at(50), "errors", analysis.Search{Blocks: 6, Starts: 3}},
		"met, but not at the last start": {[]searchBlock{meets(40, 0), fails(60, 0), meets(50, 0), meets(50, 1),
			misses(50, 2), misses(50, 2), meets(40, 2)}, at(40), at(50), "response times",
			analysis.Search{Blocks: 7, Starts: 3}},
		"missed, then failed": {[]searchBlock{meets(40, 0), misses(60, 0), fails(60, 0), meets(50, 0), meets(50, 1),
			meets(50, 2)}, at(50), at(60), "errors", analysis.Search{Blocks: 6, Starts: 3}},
		"disturbed at the first start, met at the others": {[]searchBlock{busy(40, 0), busy(40, 0), busy(40, 0),
			meets(20, 0), meets(30, 0), meets(30, 1), meets(40, 1), fails(60, 1), fails(50, 1), meets(40, 2)},
			at(40), at(50), "errors", analysis.Search{Blocks: 10, Starts: 2}},
		"met at the first start, disturbed at the others": {[]searchBlock{meets(40, 0), fails(60, 0), meets(50, 0),
			busy(50, 1), busy(50, 1), busy(50, 1), meets(40, 1), busy(50, 1), meets(40, 2), collected(50, 2)},
			at(40), at(50), "generator", analysis.Search{Blocks: 10, Starts: 3}},
		"missed with steal, which does not excuse it": {[]searchBlock{meets(40, 0), stolen(60, 0),
			stolen(60, 0), meets(50, 0), meets(50, 1), meets(50, 2)}, at(50), at(60), "response times",
			analysis.Search{Blocks: 6, Starts: 3}},
		"missed at one start, met at the next": {[]searchBlock{meets(40, 0), fails(60, 0), meets(50, 0), fails(50, 1),
			meets(40, 1), meets(50, 2)}, at(40), at(50), "errors", analysis.Search{Blocks: 6, Starts: 3}},
		"met at the last start only": {[]searchBlock{busy(40, 0), meets(30, 0), meets(30, 1), busy(40, 1), meets(30, 2),
			meets(40, 2), fails(50, 2)}, at(40), at(50), "errors", analysis.Search{Blocks: 7, Starts: 1, Missing: 1}},
		"all met": {[]searchBlock{meets(40, 0), meets(60, 0), meets(70, 0), meets(70, 1), meets(70, 2)},
			at(70), nil, "", analysis.Search{Blocks: 5, Starts: 3}},
		"none met": {[]searchBlock{fails(40, 0), fails(20, 0), drops(10, 0)}, nil, at(10), "network",
			analysis.Search{Blocks: 3}},
		"incomplete between 10 and 40, which takes two bisections and two starts": {[]searchBlock{fails(40, 0),
			meets(10, 0)}, at(10), at(40), "errors", analysis.Search{Blocks: 2, Starts: 1, Missing: 4}},
		"incomplete after one block, which failed": {[]searchBlock{fails(40, 0)},
			nil, at(40), "errors", analysis.Search{Blocks: 1, Missing: 4}},
		"incomplete after one block, which met it": {[]searchBlock{meets(40, 0)},
			at(40), nil, "", analysis.Search{Blocks: 1, Starts: 1, Missing: 4}},
		"incomplete before the last start": {[]searchBlock{meets(40, 0), fails(60, 0), meets(50, 0), meets(50, 1)},
			at(50), at(60), "errors", analysis.Search{Blocks: 4, Starts: 2, Missing: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			a := analysistest.Analyze(t, search(t, test.blocks...))
			k := a.Knees[0]
			want := analysis.Knee{Workload: "hello", Request: "hello", Model: "cgi", Objective: "p50 ≤ 80 ms",
				MetRPS: test.met, FailedRPS: test.failed, Reason: test.reason, Detail: k.Detail, Search: &test.search}
			if name == "disturbed twice, and missed" {
				want.Undecided = "most blocks at 60/s were disturbed"
			}
			if diff := cmp.Diff(want, k); diff != "" {
				t.Errorf("the knee (-want +got):\n%s", diff)
			}
		})
	}
}

// A search that its budget ended is inconclusive, with advice on the budget. So is a search on a too noisy machine.
func TestInconclusiveSearches(t *testing.T) {
	for name, test := range map[string]struct {
		blocks []searchBlock
		want   string
	}{
		"complete": {[]searchBlock{fails(40, 0), fails(20, 0), meets(10, 0), meets(10, 1), meets(10, 2)}, ""},
		// Four blocks took 30 s. The block at 30/s and that of the last start are missing, so it needs 45 s.
		"incomplete": {[]searchBlock{fails(40, 0), meets(10, 0), meets(20, 0), meets(20, 1)},
			"increase --budget to about 50s, or omit it"},
		"disturbed": {[]searchBlock{busy(40, 0), busy(20, 0), busy(10, 0)}, "the machine was too noisy to search for the " +
			"knee of hello as cgi: at 10/s the load generator was at its limit"},
		"steal": {[]searchBlock{meets(40, 0), stolen(60, 0), stolen(50, 0), meets(40, 1), meets(40, 2)}, ""},
		"at the generator's limit": {[]searchBlock{meets(40, 0), busy(60, 0), busy(50, 0), busy(50, 0), busy(50, 0),
			meets(40, 1), busy(50, 1), busy(50, 1), busy(50, 1), meets(40, 2), busy(50, 2), busy(50, 2), busy(50, 2)}, ""},
		"failing": {[]searchBlock{fails(40, 0), fails(20, 0), fails(10, 0)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := search(t, test.blocks...)
			r.Plan.BudgetNS = 30e9
			got := ""
			for _, w := range analysistest.Analyze(t, r).Warnings {
				if w.Code == analysis.Inconclusive {
					got += w.Text + "; " + w.Advice
				}
			}
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("inconclusive: %q, want %q", got, test.want)
			}
		})
	}
	// If the generator sustained a rate for one model, its limit cannot be the reason at a lower rate for the other.
	limited := []searchBlock{meets(20, 0), busy(40, 0), busy(30, 0), meets(20, 1), meets(20, 2)}
	other := []searchBlock{meets(40, 0), fails(60, 0), fails(50, 0), meets(40, 1), meets(40, 2)}
	a := analysistest.Analyze(t, searchOf(t, limited, other))
	noisy := func(w analysis.Warning) bool {
		return w.Code == analysis.Inconclusive && strings.Contains(w.Text, "too noisy to search for the knee of hello as cgi")
	}
	if !slices.ContainsFunc(a.Warnings, noisy) {
		t.Errorf("the generator failed at a rate that it sustained for the other model: warnings %+v, want one of noise",
			a.Warnings)
	}

	cut := search(t, fails(40, 0), meets(10, 0))
	cut.Tail = record.Tail{Condition: "interrupted"}
	for _, w := range analysistest.Analyze(t, cut).Warnings {
		if w.Code == analysis.Inconclusive {
			t.Errorf("an interrupted search has the warning %s; %s", w.Text, w.Advice)
		}
	}
	a = analysistest.Analyze(t, search(t, fails(40, 0), meets(10, 0)))
	wantText(t, analysistest.Analyze(t, search(t, meets(40, 0), stolen(60, 0), stolen(50, 0), meets(40, 1), meets(40, 2))),
		"hello: cgi meets p50 ≤ 80 ms up to 40/s (at 50/s its p50 was 100 ms, while the hypervisor took 10.0% of the "+
			"CPU time).")
	wantText(t, analysistest.Analyze(t, search(t, busyAndStolen(40, 0), meets(10, 0), meets(20, 0), meets(30, 0),
		meets(30, 1), meets(30, 2))), "at 40/s the load generator was at its limit, so the server may sustain more, while "+
		"the hypervisor took 10.0% of the CPU time")
	wantText(t, a, "hello: cgi meets p50 ≤ 80 ms up to 10/s (at 40/s 1 of 51 requests failed: 1 reset; not settled: "+
		"at least 4 more blocks needed).")
}
