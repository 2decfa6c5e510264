package report_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// promised is the JSON of an analysis as docs/formats.md defines it. It may be extended, but never changed: other
// programs read it.
type promised struct {
	Schema *int
	Run    struct {
		ID       *string
		Started  *time.Time
		Seconds  *float64
		Seed     *uint64
		Complete *bool
		Version  *string
	}
	Environment map[string]any
	Cells       []struct {
		Workload, Request, Model, Engine *string
		Load                             struct {
			Kind        *string
			Concurrency *int
			RateRPS     *float64 `json:"rate_rps"`
		}
		Blocks, Requests, Errors *int
		ResponseNS               struct{ P50, P90, P99, P999, Max *int64 } `json:"response_ns"`
		ServiceNS                struct{ P50, P90, P99, P999, Max *int64 } `json:"service_ns"`
		ThroughputRPS            *float64                                  `json:"throughput_rps"`
		LagNS                    struct{ P50, P99 *int64 }                 `json:"lag_ns"`
		CPUNS                    *int64                                    `json:"cpu_ns_per_request"`
		Processes                *float64                                  `json:"processes_per_request"`
		Connections              *float64                                  `json:"connections_per_request"`
		PageFaults               *float64                                  `json:"page_faults_per_request"`
		PeakMemory               *int64                                    `json:"peak_memory_bytes"`
		Phases                   []struct {
			Name string
			NS   int64
		}
	}
	Comparisons []struct {
		Workload, Request, Metric, Baseline, Candidate *string
		Ratio, Difference                              *float64
		RatioLow                                       *float64 `json:"ratio_low"`
		RatioHigh                                      *float64 `json:"ratio_high"`
		DifferenceLow                                  *float64 `json:"difference_low"`
		DifferenceHigh                                 *float64 `json:"difference_high"`
		Confidence, MDE                                *float64
		Blocks                                         *int
	}
	Warnings []struct{ Code, Cell, Text, Advice *string }
}

// keys are the keys that must be present, even if they are null or empty, by the path of their object.
var keys = map[string]string{
	"":    "schema run environment cells comparisons warnings",
	"run": "id started seconds seed complete version",
	"cells.0": `workload request model engine load blocks requests errors response_ns service_ns throughput_rps lag_ns
		cpu_ns_per_request processes_per_request connections_per_request page_faults_per_request peak_memory_bytes phases`,
	"cells.0.load":        "kind concurrency rate_rps",
	"cells.0.response_ns": "p50 p90 p99 p999 max",
	"cells.0.service_ns":  "p50 p90 p99 p999 max",
	"cells.0.lag_ns":      "p50 p99",
	"comparisons.0": `workload request metric baseline candidate ratio ratio_low ratio_high
		difference difference_low difference_high confidence blocks mde`,
	"warnings.0": "code cell text advice",
}

func toJSON(t *testing.T, a *analysis.Analysis) (text []byte, p promised) {
	t.Helper()
	text = analysistest.Print(t, "json", a)
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatalf("reading the JSON: %v\n%s", err, text)
	}
	return text, p
}

// at returns the object at a path like cells.0.load.
func at(v any, path string) map[string]any {
	for step := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '.' }) {
		if list, ok := v.([]any); ok && len(list) > 0 {
			v = list[0]
			continue
		}
		object, _ := v.(map[string]any)
		v = object[step]
	}
	object, _ := v.(map[string]any)
	return object
}

func TestJSONHasAllKeys(t *testing.T) {
	few := analysistest.Fake{Cells: analysistest.Twins(), Block: func(plan.Cell, int) []record.Observation {
		return []record.Observation{analysistest.Response(1000)}
	}}
	real := analysistest.TheRun(t)
	real.Tail = record.Tail{} // causes a warning
	for name, a := range map[string]*analysis.Analysis{
		"a real run":           analysistest.Analyze(t, real),
		"a run of one request": analysistest.Analyze(t, few.Record(t, 1)),
	} {
		text, _ := toJSON(t, a)
		var all any
		if err := json.Unmarshal(text, &all); err != nil {
			t.Fatal(err)
		}
		for path, names := range keys {
			object := at(all, path)
			for _, key := range strings.Fields(names) {
				if _, ok := object[key]; !ok {
					t.Errorf("%s: %s.%s is missing", name, path, key)
				}
			}
		}
	}
}

func TestJSONOfTheRun(t *testing.T) {
	r := analysistest.TheRun(t)
	text, p := toJSON(t, analysistest.Analyze(t, r))
	if *p.Schema != 2 || *p.Run.ID != r.ID || !p.Run.Started.Equal(r.Started) || *p.Run.Seed != 42 || !*p.Run.Complete ||
		*p.Run.Seconds != float64(r.Tail.LengthNS)/1e9 {
		t.Errorf("schema %d, run %+v", *p.Schema, p.Run)
	}
	if len(p.Cells) != 7 || len(p.Comparisons) != 16 || p.Environment["cpu"] != r.Environment.CPU {
		t.Fatalf("%d cells, %d comparisons, the environment %v", len(p.Cells), len(p.Comparisons), p.Environment)
	}
	persistent, cgi := p.Cells[0], p.Cells[3]
	if *persistent.Model != "persistent" || *cgi.Model != "cgi" || *cgi.Load.Kind != "closed" ||
		*cgi.Load.Concurrency != 1 {
		t.Errorf("cells %s and %s, %+v", *persistent.Model, *cgi.Model, cgi.Load)
	}
	// Thousands of responses have a p99, and 3,688 or more a p99.9; 90 have a p90 but no p99. A closed loop has no lag.
	if many := *persistent.Requests >= 3688; persistent.ResponseNS.P99 == nil ||
		many != (persistent.ResponseNS.P999 != nil) ||
		many != (persistent.ServiceNS.P999 != nil) {
		t.Errorf("percentiles of %d answers: %+v", *persistent.Requests, persistent.ResponseNS)
	}
	if cgi.ResponseNS.P90 == nil || cgi.ResponseNS.P99 != nil || cgi.ResponseNS.Max == nil {
		t.Errorf("percentiles of %d answers: %+v", *cgi.Requests, cgi.ResponseNS)
	}
	if cgi.LagNS.P50 != nil || cgi.LagNS.P99 != nil {
		t.Errorf("lag of a closed loop: %+v", cgi.LagNS)
	}
	if *cgi.Processes != 1 || *persistent.Processes != 0 || *cgi.PeakMemory <= 0 || *cgi.CPUNS <= *persistent.CPUNS {
		t.Errorf("%g and %g processes a request, %d and %d ns of CPU", *cgi.Processes, *persistent.Processes, *cgi.CPUNS,
			*persistent.CPUNS)
	}
	if strings.Contains(string(text), `"phases": null`) || strings.Contains(string(text), `"warnings": null`) {
		t.Error("a list is null, want it empty")
	}
}

// With six rounds a comparison has an interval, but no minimum detectable effect, which is null in JSON. With five
// rounds it has neither.
func TestJSONOfFewRounds(t *testing.T) {
	for rounds, interval := range map[int]bool{1: false, 5: false, 6: true, 7: true} {
		m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
		_, p := toJSON(t, analysistest.Analyze(t, m.Record(t, rounds)))
		for _, c := range p.Comparisons {
			for _, bound := range []*float64{c.RatioLow, c.RatioHigh, c.DifferenceLow, c.DifferenceHigh, c.Confidence} {
				if (bound != nil) != interval || *c.Blocks != rounds {
					t.Errorf("%d rounds, %d blocks: a bound is there: %t, want %t", rounds, *c.Blocks, bound != nil, interval)
				}
			}
			if (c.MDE != nil) != (rounds >= 7) {
				t.Errorf("%d rounds: the MDE is there: %t", rounds, c.MDE != nil)
			}
		}
	}
}

// All times are integers, also medians of two values and medians of medians.
func TestJSONTimesAreIntegers(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		if c.Model == "cgi" {
			return []record.Observation{analysistest.Response(time.Duration(1001 + round*round))}
		}
		return []record.Observation{analysistest.Response(1000)}
	}}
	a := analysistest.Analyze(t, m.Record(t, 8))
	for _, c := range a.Comparisons {
		for _, v := range []*float64{&c.Difference, c.DifferenceLow, c.DifferenceHigh} {
			if c.Unit == "ns" && *v != math.Trunc(*v) {
				t.Errorf("a difference of %s is %g ns", c.Metric, *v)
			}
		}
	}
	if text := string(analysistest.Print(t, "json", a)); strings.Contains(text, "e+") {
		t.Errorf("a number is in exponential form:\n%s", text)
	}
}
