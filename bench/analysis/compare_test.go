package analysis_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats"
)

// ratios returns a run in which cgi takes 1 ms times the ratio of the round, and persistent 1 ms. Each start of the
// targets has perStart rounds.
func ratios(t *testing.T, perStart int, ratios ...float64) *record.Result {
	t.Helper()
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		ratio := 1.0
		if c.Model == "cgi" {
			ratio = ratios[round]
		}
		return slices.Repeat([]record.Observation{analysistest.Response(time.Duration(ratio * 1e6))}, 5)
	}}
	r := m.Record(t, len(ratios))
	for i := range r.Blocks {
		r.Blocks[i].Start = r.Blocks[i].Round / perStart
	}
	return r
}

// median returns the comparison by the median response time.
func median(t *testing.T, a *analysis.Analysis) analysis.Comparison {
	t.Helper()
	i := slices.IndexFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Metric == analysis.MetricResponse })
	if i < 0 {
		t.Fatalf("no comparison of the medians: %+v", a.Comparisons)
	}
	return a.Comparisons[i]
}

// The text and Markdown formats show whether an interval is over pairs or starts. The MDE is over the same.
func TestWhatIntervalsAreOver(t *testing.T) {
	agree := slices.Repeat([]float64{1.9, 2.1, 2}, 7) // varies within each start; all starts are the same
	var differ []float64                              // varies between starts
	for start := range 7 {
		differ = append(differ, slices.Repeat([]float64{1.7 + 0.1*float64(start)}, 3)...)
	}
	const over = "over starts of the targets: more than 1.5 times as wide as over pairs of blocks; increase --starts to narrow it"
	const only = "over pairs of blocks only: an interval over starts needs at least six starts"
	for name, test := range map[string]struct {
		ratios  []float64
		over    string
		widened bool
		notes   []string // texts in the text and in the Markdown
		table   string   // text in the comparisons of the Markdown
	}{
		"starts that agree": {agree, analysis.OverPairs, false, nil, "| 21 | 7 | over pairs |"},
		"starts that differ": {differ, analysis.OverStarts, true, []string{"† " + over, ") †"},
			"| 21 | 7 | over starts, above 1.5 times as wide as over pairs |"},
		"few starts": {agree[:15], analysis.OverPairs, false, []string{"‡ " + only, ") ‡"},
			"| 15 | 5 | over pairs only: too few starts |"},
		"few starts that differ": {differ[:15], analysis.OverPairs, false, []string{"‡ " + only, ") ‡"},
			"| 15 | 5 | over pairs only: too few starts |"},
		"few pairs": {agree[:3], "", false, nil, "| 3 | 1 | – |"},
	} {
		t.Run(name, func(t *testing.T) {
			a := analysistest.Analyze(t, ratios(t, 3, test.ratios...))
			c := median(t, a)
			if c.Over != test.over || c.Widened != test.widened {
				t.Errorf("the interval is over %q, widened: %t, want %q, %t", c.Over, c.Widened, test.over, test.widened)
			}
			text, markdown := string(analysistest.Print(t, "text", a)), string(analysistest.Print(t, "markdown", a))
			for _, want := range test.notes {
				if !strings.Contains(text, want) || !strings.Contains(markdown, want) {
					t.Errorf("%q is not in the text or not in the Markdown:\n%s\n%s", want, text, markdown)
				}
			}
			if test.notes == nil && strings.ContainsAny(text+markdown, "†‡") {
				t.Errorf("an interval is marked:\n%s\n%s", text, markdown)
			}
			if !strings.Contains(markdown, test.table) {
				t.Errorf("%q is not in the Markdown:\n%s", test.table, markdown)
			}
			var logs [][]float64
			for start := range slices.Chunk(test.ratios, 3) {
				var l []float64
				for _, ratio := range start {
					l = append(l, math.Log(math.Round(ratio*1e6)/1e6))
				}
				logs = append(logs, l)
			}
			want := stats.ClusteredMDE(logs)
			if c.MDE != nil && !near(*c.MDE, want) || c.MDE == nil && !math.IsInf(want, 1) {
				t.Errorf("the MDE is %v, want %g", c.MDE, want)
			}
		})
	}
}

// p99 is compared if both sides have 368 responses in 20 valid pairs of blocks, over which they are pooled.
func TestTails(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	check := func(rounds, responses int, want bool) {
		t.Helper()
		m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
			var block []record.Observation
			for range responses {
				ns := 1e6 * math.Exp(0.3*random.NormFloat64())
				if c.Model == "cgi" {
					ns *= 3
				}
				if round == 0 {
					ns *= 100 // the invalid round
				}
				block = append(block, analysistest.Response(time.Duration(ns)))
			}
			return block
		}}
		r := m.Record(t, rounds+1)
		pooled := make([][]int64, 2)
		for i := range r.Blocks {
			b := &r.Blocks[i]
			if b.Round == 0 {
				b.Collections = 1
				continue
			}
			for o := range r.Observations(*b) {
				pooled[b.Cell] = append(pooled[b.Cell], int64(o.Response()))
			}
		}
		a := analysistest.Analyze(t, r)
		i := slices.IndexFunc(a.Comparisons, func(c analysis.Comparison) bool {
			return c.Metric == analysis.MetricResponse99
		})
		if (i >= 0) != want {
			t.Errorf("%d pairs of %d responses: p99 is compared: %t, want %t", rounds, responses, i >= 0, want)
		}
		if i < 0 {
			return
		}
		var p99 [2]float64
		for side, values := range pooled {
			p99[side] = float64(*rank(values, 990, 368))
		}
		c := a.Comparisons[i]
		if !near(c.Ratio, p99[1]/p99[0]) || c.Difference != p99[1]-p99[0] {
			t.Errorf("p99: ratio %g, difference %g, want %g and %g", c.Ratio, c.Difference, p99[1]/p99[0], p99[1]-p99[0])
		}
		if *c.RatioLow > 3 || *c.RatioHigh < 3 || *c.RatioLow < 2 || *c.RatioHigh > 4 || !(*c.DifferenceLow > 0) ||
			*c.DifferenceHigh < c.Difference || *c.Confidence != 0.95 || c.Blocks != rounds || c.MDE != nil ||
			c.Over != analysis.OverPairs {
			t.Errorf("p99: %+v, want an interval around 3 over %d pairs, and no MDE", c, rounds)
		}
		again := analysistest.Analyze(t, r).Comparisons[i]
		if *again.RatioLow != *c.RatioLow || *again.RatioHigh != *c.RatioHigh {
			t.Errorf("p99 of a second analysis: %+v, want %+v", again, c)
		}
		got := string(analysistest.Print(t, "markdown", a))
		if !strings.Contains(got, "response_p99") || !strings.Contains(got, "bootstrap over pairs") {
			t.Errorf("the Markdown does not have the comparison of p99:\n%s", got)
		}
	}
	check(25, 100, true)
	check(20, 19, true) // 380
	check(20, 18, false)
	check(19, 100, false)
}

// The interval decides whether the text reports a difference, or that none was found.
func TestWhatADifferenceMeans(t *testing.T) {
	for name, test := range map[string]struct {
		ratios []float64
		want   string
	}{
		"more": {[]float64{1.1, 1.2, 1.3, 1.1, 1.2, 1.3, 1.2}, "cgi 1.2 ms, persistent 1.0 ms: 1.2× (95% CI 1.1 to 1.3)"},
		"less": {[]float64{0.9, 0.8, 0.7, 0.9, 0.8, 0.7, 0.8}, "persistent 1.0 ms, cgi 800 µs: 1.2× (95% CI 1.1 to 1.4)"},
		// Of the 28 Walsh averages of −100, −100, −40, −30, 0, 100 and 100 the middle ones are −15 and 0.
		"none": {[]float64{0.9, 1.1, 1, 0.9, 1.1, 0.96, 0.97},
			"persistent 1.0 ms, cgi 970 µs: no difference in response time found (95% CI of the ratio 0.91 to 1.1)"},
		"few": {[]float64{1.1, 1.2, 1.3},
			"cgi 1.2 ms, persistent 1.0 ms: about 1.2×, without a confidence interval (3 pairs of blocks)"},
		"one": {[]float64{1.2}, // 5 requests are too few for a median
			"cgi –, persistent –: about 1.2×, without a confidence interval (1 pair of blocks)"},
	} {
		t.Run(name, func(t *testing.T) {
			a := analysistest.Analyze(t, ratios(t, 1, test.ratios...))
			text := string(analysistest.Print(t, "text", a))
			if !strings.Contains(text, "hello: "+test.want+".") {
				t.Errorf("the text does not contain %q:\n%s", test.want, text)
			}
		})
	}
}
