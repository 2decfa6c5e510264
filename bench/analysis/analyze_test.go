package analysis_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// rank returns the percentile of mill thousandths by nearest rank, or nil if there are fewer than needed values. It
// computes in integers, independently of package stats.
func rank(values []int64, mill, needed int) *int64 {
	if len(values) < needed {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	return &sorted[(mill*len(sorted)+999)/1000-1]
}

// ranks returns the percentiles of a report, which need n values with 1 − pⁿ ≥ 0.975: 6, 36, 368 and 3688.
func ranks(values []int64) analysis.Percentiles {
	return analysis.Percentiles{P50: rank(values, 500, 6), P90: rank(values, 900, 36), P99: rank(values, 990, 368),
		P999: rank(values, 999, 3688), Max: rank(values, 1000, 1)}
}

func TestPercentilesAreExactRanks(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	lengths := map[string][]int{ // lengths of the blocks
		"no p50":  {2, 3},
		"a p50":   {3, 3},
		"a p90":   {35, 1},
		"no p99":  {300, 67},
		"a p99":   {300, 68},
		"a p99.9": {3000, 688},
	}
	all := map[string]*record.Result{"the real run": analysistest.TheRun(t)}
	for name, n := range lengths {
		m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(_ plan.Cell, round int) []record.Observation {
			var block []record.Observation
			for range n[round] {
				o := analysistest.Response(time.Duration(draw.IntN(1000)))
				o.Intended -= time.Duration(draw.IntN(100)) // response and service time differ
				block = append(block, o, analysistest.Failed(record.ErrReset))
			}
			return block
		}}
		for i := range m.Cells { // open loops, in which response and service time may differ
			m.Cells[i].Load = plan.Load{Kind: plan.Open, Concurrency: 9, RateRPS: 400}
		}
		all[name] = m.Record(t, len(n))
	}
	for name, r := range all {
		a := analysistest.Analyze(t, r)
		for i, c := range a.Cells {
			var response, service []int64
			for _, b := range r.Blocks {
				for o, err := range r.Observations(b) {
					if err != nil {
						t.Fatal(err)
					}
					if b.Cell == i && o.Err == "" {
						response = append(response, int64(o.Done-o.Intended))
						service = append(service, int64(o.Done-o.Sent))
					}
				}
			}
			if diff := cmp.Diff(ranks(response), c.Response); diff != "" {
				t.Errorf("%s: response time of %d responses of %s (-want +got):\n%s", name, len(response), c.Model, diff)
			}
			if diff := cmp.Diff(ranks(service), c.Service); diff != "" {
				t.Errorf("%s: service time of %d responses of %s (-want +got):\n%s", name, len(service), c.Model, diff)
			}
		}
	}
}

func TestLagOfAnOpenLoop(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(plan.Cell, int) []record.Observation {
		var block []record.Observation
		for i := range 400 {
			block = append(block, record.Observation{Intended: 1000, Sent: 1000 + time.Duration(i+1), Done: 2000,
				FirstByte: 2000})
		}
		return block
	}}
	for i := range m.Cells {
		m.Cells[i].Load = plan.Load{Kind: plan.Open, Concurrency: 9, RateRPS: 400}
	}
	for _, c := range analysistest.Analyze(t, m.Record(t, 1)).Cells {
		if got := c.Lag; got.P50 == nil || *got.P50 != 200 || got.P99 == nil || *got.P99 != 396 { // values 1 to 400
			t.Errorf("lag of %s: %+v, want 200 and 396", c, got)
		}
	}
}

// A cgi cell of any workload is compared with the floor under the same load, in the rounds in which both were measured.
// The fork tax is still relative to the baseline.
func TestComparisonsWithTheFloor(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	busy := analysistest.Twins()
	for i := range busy {
		busy[i].Load.Concurrency = 2
	}
	m := analysistest.Fake{Cells: append(append(analysistest.Twins(), busy...), floor),
		Block: func(c plan.Cell, round int) []record.Observation {
			if c.Workload == "floor" {
				return slices.Repeat([]record.Observation{analysistest.Response(5000)}, 3)
			}
			return analysistest.TenResponses(c, round) // their median is 5 µs, or 50 µs for cgi
		}}
	r := m.Record(t, 6)
	r.Plan.Floor = "floor"
	a := analysistest.Analyze(t, r)
	var got []string
	for _, c := range a.Comparisons {
		if c.Metric == analysis.MetricResponse {
			got = append(got, fmt.Sprintf("%s %s: %s over %s is %.1f of %d, and %.0f", c.Workload, c.Load, c.Candidate,
				c.Baseline, c.Ratio, c.Blocks, c.Difference))
		}
	}
	want := []string{
		"hello 1 client: cgi over persistent is 10.0 of 6, and 45000",
		"hello 1 client: cgi over floor is 10.0 of 6, and 45000",
		"hello 2 clients: cgi over persistent is 10.0 of 6, and 45000",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comparisons of the median (-want +got):\n%s", diff)
	}
	if a.Run.Floor != "floor" {
		t.Errorf("the run's floor is %q", a.Run.Floor)
	}
	text := string(analysistest.Print(t, "text", a))
	for _, want := range []string{"floor    1 client   cgi  ",
		"hello: cgi 50 µs, persistent 5.0 µs: 10× (95% CI 10 to 10)."} {
		if !strings.Contains(text, want) {
			t.Errorf("the text does not contain %q:\n%s", want, text)
		}
	}

	// Without the persistent model there is no fork tax, but the cost above the floor is known.
	alone := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell("cgi", 1), floor}, Block: m.Block}
	r = alone.Record(t, 6)
	r.Plan.Floor, r.Plan.Baseline = "floor", "cgi"
	a = analysistest.Analyze(t, r)
	if len(a.Comparisons) == 0 || a.Comparisons[0].Baseline != "floor" {
		t.Errorf("comparisons of cgi alone: %+v, want those with the floor", a.Comparisons)
	}
	if text := string(analysistest.Print(t, "text", a)); strings.Contains(text, "×") || strings.Contains(text, "adds 45") {
		t.Errorf("the text shows the cost above the floor as a fork tax:\n%s", text)
	}
}

// Variants are compared with the baseline variant, and with the floor if they have its execution model.
func TestComparisonsOfVariants(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell("static", 1), analysistest.Cell("dynamic", 1),
		analysistest.Cell("kept", 1), floor}, Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Plan.Baseline, r.Plan.Floor = "static", "floor"
	r.Plan.Variants = []subject.Variant{{Name: "static", Model: "cgi"}, {Name: "dynamic", Model: "cgi"},
		{Name: "kept", Model: "persistent"}}
	r.Plan.Workloads[0].Models = []string{"cgi", "persistent"}
	a := analysistest.Analyze(t, r)
	var got []string
	for _, c := range a.Comparisons {
		if c.Metric == analysis.MetricResponse {
			got = append(got, c.Candidate+" over "+c.Baseline)
		}
	}
	want := []string{"static over floor", "dynamic over static", "dynamic over floor", "kept over static"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comparisons (-want +got):\n%s", diff)
	}
	for _, w := range a.Warnings {
		if w.Code == "foreign" {
			t.Errorf("variants are taken for external servers: %s", w.Text)
		}
	}
}

func TestMissingFloor(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Plan.FloorMissing = "the disk may hold no programs"
	a := analysistest.Analyze(t, r)
	i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "no-floor" })
	if i < 0 || !strings.Contains(a.Warnings[i].Text, r.Plan.FloorMissing) || a.Warnings[i].Advice == "" {
		t.Errorf("warnings of a run without a floor: %+v, want no-floor with the reason", a.Warnings)
	}
}

// The cost of a request is the sum over the blocks divided by their requests; the peak memory is the highest of them.
func TestCosts(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		return append(analysistest.TenResponses(c, round), analysistest.Failed(record.ErrReset),
			analysistest.Failed(record.ErrClosed))
	}}
	r := m.Record(t, 2)
	for i := range r.Blocks {
		b := &r.Blocks[i]
		b.GeneratorNS = 24
		if b.Cell == 1 {
			n := int64(b.Round + 1)
			b.IdleNS, b.IdleCPUNS = 1, 40 // what the target does on its own is not subtracted
			if b.Round == 0 {
				b.ReadingNS = new(int64(3)) // the cost of reading the usage
			}
			b.Usage = &contract.Usage{SelfCPUNS: 48*n + 3, ChildrenCPUNS: 240, MinorFaults: 11 * n, MajorFaults: 1,
				ProcessesStarted: 12, ConnectionsOpened: 6 * n, PeakMemoryBytes: 1000 - n, ChildPeakMemoryBytes: 100 * n}
		}
	}
	a := analysistest.Analyze(t, r)
	// 2 blocks of 12 requests, 4 of which failed, until 100.1 µs after the start.
	want := analysis.Cell{Cell: m.Cells[1], Blocks: 2, Requests: 24, Errors: 4,
		ErrorsByClass:         analysis.Counts{record.ErrReset: 2, record.ErrClosed: 2},
		Failures:              analysis.Failures{record.ErrReset: {First: 11}, record.ErrClosed: {First: 12}},
		InvalidBlocks:         2,
		Invalid:               analysis.Counts{"errors": 2},
		ThroughputRPS:         new(20 / 200.2e-6), // 20 correct responses
		GeneratorCPU:          new(int64(2)),
		UsageReadCPU:          new(int64(3)),
		CPUPerRequest:         new(int64(26)), // (48 + 96 + 2·240)/24, without the cost of reading the usage
		ProcessesPerRequest:   new(1.0),
		ConnectionsPerRequest: new(0.75),      // (6 + 12)/24
		FaultsPerRequest:      new(35.0 / 24), // (11 + 22 + 2·1)/24
		ChildrenCPU:           new(int64(20)),
		PeakMemory:            new(int64(1199))} // 999 in the first block and 200 in the second
	got := a.Cells[1]
	got.Response, got.Service, got.Phases = want.Response, want.Service, want.Phases
	got.Distribution, got.Histogram = want.Distribution, nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cgi (-want +got):\n%s", diff)
	}
	if c := a.Cells[0]; c.CPUPerRequest != nil || c.ProcessesPerRequest != nil || c.ConnectionsPerRequest != nil ||
		c.FaultsPerRequest != nil || c.PeakMemory != nil || c.ThroughputRPS == nil || c.GeneratorCPU == nil {
		t.Errorf("persistent, whose target does not report its usage: %+v", c)
	}
}

// walsh returns all averages of two values, sorted. This naive algorithm needs memory for n² values.
func walsh(values []float64) []float64 {
	var all []float64
	for i, v := range values {
		for _, w := range values[i:] {
			all = append(all, (v+w)/2)
		}
	}
	slices.Sort(all)
	return all
}

func middle(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want)) }

// The comparisons of eight rounds equal those of a naive computation.
func TestComparisons(t *testing.T) {
	// For n = 8, P(W ≤ 3) = 5/256 is below 0.025 and P(W ≤ 4) = 7/256 is above: the interval runs from the fourth
	// smallest to the fourth largest of the 36 Walsh averages.
	const rounds, cut = 8, 3
	draw := rand.New(rand.NewPCG(3, 4))
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, _ int) []record.Observation {
		var block []record.Observation
		for range 10 {
			ns := 1000 + draw.IntN(200)
			if c.Model == "cgi" {
				ns *= 20
			}
			block = append(block, analysistest.Response(time.Duration(ns)))
		}
		return block
	}}
	r := m.Record(t, rounds)
	values := map[string][2][rounds]float64{} // values by metric, side and round
	for i := range r.Blocks {
		b := &r.Blocks[i]
		b.Usage = &contract.Usage{SelfCPUNS: 1000 + draw.Int64N(1000), ChildrenCPUNS: int64(b.Cell) * 50_000}
		var times []float64
		for o := range r.Observations(*b) {
			times = append(times, float64(o.Response()))
		}
		slices.Sort(times)
		for metric, v := range map[string]float64{
			analysis.MetricResponse:   times[4], // ranks 5 and 9 of 10
			analysis.MetricResponse90: times[8],
			analysis.MetricThroughput: 10 / ((100 + times[9]) / 1e9), // until the last response; see analysistest.Response
			analysis.MetricCPU:        float64(b.Usage.SelfCPUNS+b.Usage.ChildrenCPUNS) / 10,
		} {
			sides := values[metric]
			sides[b.Cell][b.Round] = v
			values[metric] = sides
		}
	}
	a := analysistest.Analyze(t, r)
	if len(a.Comparisons) != len(values) {
		t.Fatalf("%d comparisons, want %d", len(a.Comparisons), len(values))
	}
	for _, c := range a.Comparisons {
		var logs, differences []float64
		for round := range rounds {
			baseline, candidate := values[c.Metric][0][round], values[c.Metric][1][round]
			logs = append(logs, math.Log(candidate/baseline))
			differences = append(differences, candidate-baseline)
		}
		w, d := walsh(logs), walsh(differences)
		whole := func(x float64) float64 { return x }
		if c.Unit == "ns" {
			whole = math.Round
		}
		for _, v := range []struct {
			name      string
			got, want float64
		}{
			{"ratio", c.Ratio, math.Exp(middle(w))},
			{"ratio_low", *c.RatioLow, math.Exp(w[cut])},
			{"ratio_high", *c.RatioHigh, math.Exp(w[len(w)-1-cut])},
			{"difference", c.Difference, whole(middle(d))},
			{"difference_low", *c.DifferenceLow, whole(d[cut])},
			{"difference_high", *c.DifferenceHigh, whole(d[len(d)-1-cut])},
			{"mde", *c.MDE, math.Exp((2.326347874+1.644853627)*deviation(logs)/math.Sqrt(rounds)) - 1},
			{"confidence", *c.Confidence, 0.95},
			{"blocks", float64(c.Blocks), rounds},
		} {
			if !near(v.got, v.want) {
				t.Errorf("%s: %s = %g, want %g", c.Metric, v.name, v.got, v.want)
			}
		}
		if c.Workload != "hello" || c.Request != "hello" || c.Engine != "fake" || c.Load.Concurrency != 1 ||
			c.Baseline != "persistent" || c.Candidate != "cgi" {
			t.Errorf("%s: %+v", c.Metric, c)
		}
	}
}

func deviation(values []float64) float64 {
	var mean, squares float64
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(values)-1))
}

// Each cell is compared with the otherwise equal cell of the baseline.
func TestWhatIsCompared(t *testing.T) {
	open := func(model string) plan.Cell {
		c := analysistest.Cell(model, 1)
		c.Load = plan.Load{Kind: plan.Open, Concurrency: 1, RateRPS: 5}
		return c
	}
	check := func(cells []plan.Cell, want ...string) {
		t.Helper()
		m := analysistest.Fake{Cells: cells, Block: analysistest.TenResponses}
		var got []string
		for _, c := range analysistest.Analyze(t, m.Record(t, 1)).Comparisons {
			if c.Metric == analysis.MetricResponse {
				got = append(got, fmt.Sprintf("%s over %s, %s", c.Candidate, c.Baseline, c.Load))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("comparisons = %q, want %q", got, want)
		}
	}
	check(analysistest.Twins(), "cgi over persistent, 1 client")
	check([]plan.Cell{analysistest.Cell("cgi", 1), analysistest.Cell("persistent", 1)}, "cgi over persistent, 1 client")
	check([]plan.Cell{analysistest.Cell("cgi", 1)})
	check([]plan.Cell{analysistest.Cell("persistent", 1)})
	check([]plan.Cell{analysistest.Cell("cgi", 1), analysistest.Cell("reload", 1)})
	check([]plan.Cell{analysistest.Cell("cgi", 8), analysistest.Cell("persistent", 1)})
	check([]plan.Cell{open("cgi"), analysistest.Cell("persistent", 1)})
	check([]plan.Cell{analysistest.Cell("persistent", 1), analysistest.Cell("reload", 1), analysistest.Cell("cgi", 1),
		analysistest.Cell("cgi", 8), analysistest.Cell("persistent", 8), open("cgi"), open("persistent")},
		"reload over persistent, 1 client", "cgi over persistent, 1 client", "cgi over persistent, 8 clients",
		"cgi over persistent, 5/s")
}

// Only rounds in which both sides were measured and responded make a pair.
func TestPairsAreOfOneRound(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		ns := time.Duration(1+round) * 1000 // each round is slower, on both sides
		if c.Model == "cgi" {
			ns *= 3
		}
		return []record.Observation{analysistest.Response(ns)}
	}}
	r := m.Record(t, 10)
	r.Blocks = slices.DeleteFunc(r.Blocks, func(b record.Block) bool {
		return b.Round == 2 && b.Cell == 0 || b.Round == 5 && b.Cell == 1 || b.Round == 9
	})
	for _, c := range analysistest.Analyze(t, r).Comparisons {
		if c.Metric != analysis.MetricResponse {
			continue
		}
		if c.Blocks != 7 || !near(c.Ratio, 3) || !near(*c.RatioLow, 3) || !near(*c.RatioHigh, 3) {
			t.Errorf("%d pairs, ratio %g, %g to %g, want 7 and 3", c.Blocks, c.Ratio, *c.RatioLow, *c.RatioHigh)
		}
	}
}

func TestIncompleteRuns(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*record.Result)
		seconds float64
		want    string // the condition; "" is a complete run
	}{
		"complete": {func(*record.Result) {}, 5, ""},
		"interrupted": {func(r *record.Result) {
			r.Tail = record.Tail{LengthNS: 3e9, Condition: "interrupted"}
		}, 3, "interrupted"},
		"killed":         {func(r *record.Result) { r.Tail = record.Tail{} }, 7.5, "the harness was killed"},
		"killed at once": {func(r *record.Result) { r.Tail, r.Blocks = record.Tail{}, nil }, 0, "the harness was killed"},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
			r := m.Record(t, 6)
			last := &r.Blocks[len(r.Blocks)-1]
			last.BeganNS, last.LengthNS = 7e9, 5e8
			test.change(r)
			a := analysistest.Analyze(t, r)
			if a.Run.Complete != (test.want == "") || a.Run.Condition != test.want || a.Run.Seconds != test.seconds {
				t.Errorf("run %+v, want %g s and %q", a.Run, test.seconds, test.want)
			}
			warned := slices.ContainsFunc(a.Warnings, func(w analysis.Warning) bool {
				return w.Code == "incomplete" && strings.Contains(w.Text, test.want)
			})
			if warned == a.Run.Complete {
				t.Errorf("warnings %+v", a.Warnings)
			}
			for _, format := range report.Analyses.Names() {
				// Bencher's format has no field for the condition, and two others only with the values of a cell.
				omitted := format == "bencher" || (format == "csv" || format == "gha-benchmark") && len(a.Cells) == 0
				if got := string(analysistest.Print(t, format, a)); !strings.Contains(got, test.want) && !omitted {
					t.Errorf("%s does not contain %q:\n%s", format, test.want, got)
				}
			}
		})
	}
}

// A truncated record is read up to its last complete line, and cells that were not measured are left out.
func TestCutOffRun(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "run", "blocks.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join("testdata", "run", "observations.bin"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(text), "\n")
	check := func(whole, cells int) { // whole lines, including the head
		t.Helper()
		dir := t.TempDir()
		cut := strings.Join(lines[:whole], "") + lines[whole][:20]
		if err := os.WriteFile(filepath.Join(dir, "blocks.jsonl"), []byte(cut), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "observations.bin"), data, 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := record.Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		a := analysistest.Analyze(t, r)
		if len(a.Cells) != cells || a.Run.Condition != "the harness was killed" {
			t.Errorf("%d lines: %d cells, condition %q, want %d cells and that the harness was killed", whole,
				len(a.Cells), a.Run.Condition, cells)
		}
		for _, format := range report.Analyses.Names() {
			analysistest.Print(t, format, a)
		}
		if err := os.Truncate(filepath.Join(dir, "observations.bin"), 100); err != nil {
			t.Fatal(err)
		}
		if _, err := analysis.Analyze(r); cells > 0 && (err == nil || !strings.Contains(err.Error(), "observations.bin")) {
			t.Errorf("Analyze with missing observations = %v, want an error that names the file", err)
		}
	}
	check(1, 0)
	check(2, 0) // the second line has the responses
	check(3, 1)
	check(4, 2)
	check(17, 7)
}

func TestWarnings(t *testing.T) {
	usage := func(ns int64) *contract.Usage { return &contract.Usage{SelfCPUNS: ns} }
	bothCells := []string{"hello, persistent, 1 client, fake", "hello, cgi, 1 client, fake"}
	for name, test := range map[string]struct {
		rounds int
		block  func(plan.Cell, int) []record.Observation
		change func(*record.Block)
		want   []analysis.Warning // without advice
	}{
		"no warnings": {6, analysistest.TenResponses, func(*record.Block) {}, nil},
		"errors": {6, func(c plan.Cell, round int) []record.Observation {
			block := analysistest.TenResponses(c, round)
			if c.Model == "cgi" && round < 2 {
				block = append(block, analysistest.Failed(record.ErrTimeout), analysistest.Failed(record.ErrReset),
					analysistest.Failed(record.ErrTimeout))
			}
			return block
		}, func(*record.Block) {}, []analysis.Warning{
			// Too few pairs are left, too, but that needs no warning of its own.
			{Code: "failed", Cell: "hello, cgi, 1 client, fake",
				Text: "6 of 66 requests of hello, cgi, 1 client, fake failed: 2 reset, 4 timeout; " +
					"reset: from request 12 on; timeout: from request 11 on"}}},
		"errors, and invalid blocks for another reason": {6, func(c plan.Cell, round int) []record.Observation {
			block := analysistest.TenResponses(c, round)
			if c.Model == "cgi" && round == 5 {
				block = append(block, analysistest.Failed(record.ErrReset))
			}
			return block
		}, func(b *record.Block) { b.Collections = max(2-b.Round, 0) }, []analysis.Warning{
			{Code: "errors", Cell: bothCells[1],
				Text: "1 of 61 requests of " + bothCells[1] + " failed: 1 reset; from request 61 on"},
			{Code: "inconclusive", Cells: bothCells,
				Text: "more than 20% of the blocks of " + bothCells[0] + " and 1 more are invalid: 4 collection, 2 errors"}}},
		"requests that were unfinished at the end of their block": {6, func(c plan.Cell, round int) []record.Observation {
			return append(analysistest.TenResponses(c, round), analysistest.Failed(record.ErrUnfinished))
		}, func(*record.Block) {}, []analysis.Warning{
			{Code: "errors", Cells: bothCells,
				Text: "12 of 132 requests of " + bothCells[0] + " and 1 more failed: 12 unfinished"},
			{Code: "inconclusive", Cells: bothCells,
				Text: "more than 20% of the blocks of " + bothCells[0] + " and 1 more are invalid: 12 errors"}}},
		"errors of both": {6, func(c plan.Cell, round int) []record.Observation {
			block := analysistest.TenResponses(c, round)
			if round == 0 {
				block = append(block, analysistest.Failed(record.ErrClosed))
			}
			return block
		}, func(*record.Block) {}, []analysis.Warning{
			{Code: "errors", Cells: bothCells,
				Text: "2 of 122 requests of hello, persistent, 1 client, fake and 1 more failed: 2 closed"},
			{Code: "inconclusive", Cell: "hello, cgi, 1 client, fake",
				Text: "too few pairs of blocks for an interval in 1 of 1 comparisons: 5 for response_p50 in " + bothCells[1]}}},
		"a heavy generator": {6, analysistest.TenResponses, func(b *record.Block) {
			b.GeneratorNS, b.Usage = 1000, usage(900+int64(b.Cell)*100)
		}, []analysis.Warning{{Code: "heavy-generator", Cell: "hello, persistent, 1 client, fake",
			Text: "the load generator used more CPU time than the server in hello, persistent, 1 client, fake"}}},
		"a generator as heavy as the server": {6, analysistest.TenResponses, func(b *record.Block) {
			b.GeneratorNS, b.Usage = 1000, usage(1000)
		}, nil},
		"a restless target": {6, analysistest.TenResponses, func(b *record.Block) {
			b.IdleNS, b.IdleCPUNS = 1e9, 5e7+int64(b.Cell)*1e6
		}, []analysis.Warning{{Code: "restless", Cell: "hello, cgi, 1 client, fake",
			Text: "CPU time was used while other targets were measured: hello as cgi used 5.10% of a core"}}},
		"restless targets": {6, analysistest.TenResponses, func(b *record.Block) {
			b.IdleNS, b.IdleCPUNS = 1e9, 6e7+int64(b.Cell)*1e7
		}, []analysis.Warning{{Code: "restless", Cells: bothCells,
			Text: "CPU time was used while other targets were measured: hello as persistent used 6.00% of a core; " +
				"hello as cgi used 7.00% of a core"}}},
		"a generator and a server with unknown CPU time": {6, analysistest.TenResponses,
			func(b *record.Block) { b.GeneratorNS = 1000 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: analysistest.Twins(), Block: test.block}
			r := m.Record(t, test.rounds)
			for i := range r.Blocks {
				r.Blocks[i].GeneratorNS = 0
				test.change(&r.Blocks[i])
			}
			a := analysistest.Analyze(t, r)
			var got []analysis.Warning
			for _, w := range a.Warnings {
				if w.Advice == "" || strings.HasSuffix(w.Advice, ".") || strings.HasSuffix(w.Text, ".") {
					t.Errorf("%s: text %q and advice %q, want both, without final periods", w.Code, w.Text, w.Advice)
				}
				w.Advice = ""
				got = append(got, w)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorCounts(t *testing.T) {
	check := func(e analysis.Counts, want string) {
		t.Helper()
		if got := e.String(); got != want {
			t.Errorf("%v.String() = %q, want %q", maps.Clone(e), got, want)
		}
	}
	check(nil, "")
	check(analysis.Counts{"reset": 1}, "1 reset")
	check(analysis.Counts{"timeout": 2, "closed": 3, "reset": 1}, "3 closed, 1 reset, 2 timeout")
}

// Analyze does not modify its argument: a second call returns the same.
func TestAnalyzeTwice(t *testing.T) {
	r := analysistest.TheRun(t)
	ignored := cmpopts.IgnoreFields(analysis.Cell{}, "Histogram")
	if diff := cmp.Diff(analysistest.Analyze(t, r), analysistest.Analyze(t, r), ignored); diff != "" {
		t.Errorf("Analyze twice (-first +second):\n%s", diff)
	}
}

// A bin begins at 10^(i/20) ns: at 1000, 1122.02, 1258.93. Rounded up to whole nanoseconds, that is 1000, 1123 and
// 1259.
func TestDistribution(t *testing.T) {
	times := []time.Duration{1000, 1122, 1259, 1412, 1_000_000, 1001}
	m := analysistest.Fake{Cells: analysistest.Twins()[:1], Block: func(plan.Cell, int) []record.Observation {
		var all []record.Observation
		for _, ns := range times {
			all = append(all, analysistest.Response(ns))
		}
		return all
	}}
	got := analysistest.Analyze(t, m.Record(t, 2)).Cells[0].Distribution
	want := analysis.Distribution{FromNS: []int64{1000, 1259, 1_000_000}, Counts: []int64{6, 4, 2}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
