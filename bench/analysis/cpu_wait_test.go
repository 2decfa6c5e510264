package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
)

// Throttling of the harness or of a target for more than 2% of a cell's time causes a warning, which has the limit. It
// makes no block invalid.
func TestThrottled(t *testing.T) {
	half := record.Throttling{Periods: 10, QuotaNS: 50e6, PeriodNS: 100e6}
	throttled := func(t record.Throttling, periods, ns int64) *record.Throttling {
		t.Throttled, t.ThrottledNS = periods, ns
		return &t
	}
	wide := record.Throttling{Periods: 1, QuotaNS: 2e8, PeriodNS: 1e8}
	const limit = "the CPU limit of the control group, 0.500 cores (50.0 ms of each 100 ms), was used up in "
	for name, test := range map[string]struct {
		generator, target *record.Throttling // throttling in each of the 12 blocks of 1 s; target only in those of cgi
		share             float64            // share of cgi; -1 if unknown
		text              string             // text of the warning; "" if there is none
		cells             int                // number of cells in the warning
	}{
		"unknown": {nil, nil, -1, "", 0},
		"never":   {throttled(half, 0, 0), nil, 0, "", 0},
		"2%":      {throttled(half, 1, 20e6), nil, 0.02, "", 0},
		"the harness": {throttled(half, 1, 30e6), nil, 0.03,
			limit + "12 of 120 periods: processes were throttled for 360 ms (summed over CPUs) during 12.0 s", 2},
		"one target": {throttled(record.Throttling{}, 0, 0), throttled(half, 9, 500e6), 0.5,
			limit + "54 of 60 periods: processes were throttled for 3.00 s (summed over CPUs) during 6.00 s", 1},
		"unknown limit": {nil, throttled(record.Throttling{Periods: 10}, 9, 500e6), 0.5,
			"the CPU limit of the control group was used up in 54 of 60", 1},
		"on several cores":          {throttled(half, 9, 1500e6), nil, 1.5, limit + "108 of 120", 2},
		"the tighter of two limits": {throttled(wide, 0, 0), throttled(half, 9, 500e6), 0.5, limit, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
			r := m.Record(t, 6)
			analysistest.EachBlock(func(b *record.Block) {
				b.GeneratorWait.Throttling = test.generator
				if b.Cell == 1 {
					b.TargetWait.Throttling = test.target
				}
			})(r)
			a := analysistest.Analyze(t, r)
			cgi := a.Cells[1]
			if got := cgi.ThrottledShare; (got == nil) != (test.share < 0) || got != nil && *got != test.share {
				t.Errorf("the share is %v, want %g", got, test.share)
			}
			for _, c := range a.Cells {
				if c.InvalidBlocks > 0 {
					t.Errorf("%d blocks of %s are invalid: %v", c.InvalidBlocks, c, c.Invalid)
				}
			}
			isThrottled := func(w analysis.Warning) bool { return w.Code == analysis.CodeThrottled }
			i := slices.IndexFunc(a.Warnings, isThrottled)
			if (i >= 0) != (test.text != "") {
				t.Fatalf("warnings %+v, want one of throttling: %t", a.Warnings, test.text != "")
			}
			if i < 0 {
				return
			}
			w := a.Warnings[i]
			cells := max(len(w.Cells), min(len(w.Cell), 1))
			if !strings.HasPrefix(w.Text, test.text) || cells != test.cells ||
				!strings.Contains(w.Advice, "a closed loop then measures the limit") {
				t.Errorf("the warning of %d cells is %+v, want %d cells and %q", cells, w, test.cells, test.text)
			}
			for _, format := range []string{"text", "markdown"} {
				if !strings.Contains(string(analysistest.Print(t, format, a)), "CPU limit of the control group") {
					t.Errorf("the %s does not contain the warning", format)
				}
			}
		})
	}
}

// A cell has the wait in run queues per request if it is known for all blocks.
func TestQueued(t *testing.T) {
	for name, test := range map[string]struct {
		known  func(record.Block) bool
		queued bool
	}{
		"known for all blocks":  {func(record.Block) bool { return true }, true},
		"known for some blocks": {func(b record.Block) bool { return b.Round != 3 }, false},
		"known for no block":    {func(record.Block) bool { return false }, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
			r := m.Record(t, 6)
			analysistest.EachBlock(func(b *record.Block) {
				if test.known(*b) { // a block has 10 requests
					b.GeneratorWait.RunQueueNS = new(int64(1000))
					b.TargetWait.RunQueueNS = new(int64(5000 + 1000*int64(b.Cell)))
				}
			})(r)
			a := analysistest.Analyze(t, r)
			for i, c := range a.Cells {
				if (c.GeneratorQueue != nil) != test.queued || (c.ServerQueue != nil) != test.queued {
					t.Fatalf("%s: waits %v and %v, want them known: %t", c, c.GeneratorQueue, c.ServerQueue, test.queued)
				}
				if test.queued && (*c.GeneratorQueue != 100 || *c.ServerQueue != 500+100*int64(i)) {
					t.Errorf("%s: waits of %d and %d ns per request, want 100 and %d", c, *c.GeneratorQueue,
						*c.ServerQueue, 500+100*i)
				}
				if c.InvalidBlocks > 0 {
					t.Errorf("%d blocks of %s are invalid", c.InvalidBlocks, c)
				}
			}
			json := string(analysistest.Print(t, "json", a))
			if got := strings.Contains(json, "run_queue"); got != test.queued {
				t.Errorf("the JSON has waits: %t, want %t", got, test.queued)
			}
			page := string(analysistest.Print(t, "html", a))
			if got := strings.Contains(page, ">server queued</a></th>"); got != test.queued {
				t.Errorf("the page has a column of waits: %t, want %t", got, test.queued)
			}
		})
	}
}
