package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// checks returns made-up checks by name, at least one for each verdict, as in an analysis of a run of the variants base
// and candidate.
func checks() map[string]*analysis.Check {
	load := plan.Load{Kind: plan.Closed, Concurrency: 1}
	gate := func(metric, kind, unit string, base, candidate float64, verdict, why string) analysis.Gate {
		g := analysis.Gate{Workload: "app", Request: "front", Load: load, Metric: metric, Kind: kind, Unit: unit, Base: &base,
			Candidate: &candidate, Verdict: verdict, Why: why}
		if base > 0 {
			g.Ratio = new(candidate / base)
			if unit == "1/s" {
				g.Ratio = new(base / candidate)
			}
		}
		if kind == "count" {
			g.Load = plan.Load{}
		} else {
			g.Pairs, g.P = 640, new(0.4)
			g.RatioLow, g.RatioHigh = new(*g.Ratio-0.008), new(*g.Ratio+0.009)
		}
		return g
	}
	check := func(verdict, why, needs string, found bool, gates ...analysis.Gate) *analysis.Check {
		return &analysis.Check{Base: "./old/app", Candidate: "./new/app", Margin: 0.03, MustCatch: 0.1, Alpha: 0.01,
			Verdict: verdict, Why: why, Needs: needs, Gates: gates, Starts: 12, Confirmed: 4, Seconds: 31.4,
			Control: control(found)}
	}
	processes := gate(analysis.CountProcesses, "count", "1", 1, 1, analysis.Pass, "")
	connections := gate(analysis.CountConnections, "count", "1", 0, 0, analysis.Pass, "")
	cpu := gate(analysis.MetricCPU, "measured", "ns", 2.21e6, 2.22e6, analysis.Pass, "")
	throughput := gate(analysis.MetricThroughput, "measured", "1/s", 522, 519, analysis.Pass, "")
	left := check(analysis.Pass, "by each gate, ./new/app costs less than 10% more than ./old/app; left out: processes, "+
		"files_opened, connections, page_faults", "", true, cpu,
		gate(analysis.MetricResponse, "measured", "ns", 1.85e6, 1.86e6, analysis.Pass, ""), throughput)
	for _, metric := range []string{analysis.CountProcesses, analysis.CountFiles, analysis.CountConnections} {
		left.LeftOut = append(left.LeftOut, plan.LeftOut{Gate: metric,
			Why: "strace is not installed (Debian: apt-get install strace)"})
	}
	left.LeftOut = append(left.LeftOut, plan.LeftOut{Gate: analysis.MetricFaults, Why: "it is not known of the base"})
	within := func(g analysis.Gate, share float64, count int64) analysis.Gate {
		g.Margin, g.MarginCount = &share, count
		return g
	}
	return map[string]*analysis.Check{
		"changed": check(analysis.Pass, "by each measured gate, ./new/app costs less than 10% more than ./old/app; changed "+
			"within its margin: files_opened (front) 54 → 63", "", true, within(processes, 0, 0),
			within(gate(analysis.CountFiles, "count", "1", 54, 63, analysis.Pass, "changed within its margin of 20% and 10"),
				0.2, 10),
			within(connections, 0, 2), within(cpu, 0.05, 0),
			within(gate(analysis.MetricResponse, "measured", "ns", 1.85e6, 1.86e6, analysis.Pass, ""), 0.03, 0)),
		"left-out": left,
		"pass": check(analysis.Pass, "no gate found a change above 3%", "", true, processes, connections, cpu,
			gate(analysis.MetricResponse, "measured", "ns", 1.85e6, 1.86e6, analysis.Pass, ""), throughput),
		"regression": check(analysis.Regression, "the median response time of app/front grew by 10.3%", "", true,
			gate(analysis.CountProcesses, "count", "1", 1, 2, analysis.Regression, "the count is deterministic"),
			gate(analysis.CountConnections, "count", "1", 0, 1, analysis.Regression, "the count is deterministic"), cpu,
			gate(analysis.MetricResponse, "measured", "ns", 1.85e6, 2.04e6, analysis.Regression, "confirmed by 4 more starts"),
			gate(analysis.MetricThroughput, "measured", "1/s", 522, 474, analysis.Regression, "")),
		"inconclusive": check(analysis.Undecided, "the positive control was not detected", "about 90 s, or half the noise",
			false,
			processes, connections, cpu,
			gate(analysis.MetricResponse, "measured", "ns", 1.85e6, 1.91e6, analysis.Undecided, "3% is within its interval")),
	}
}

func control(found bool) *analysis.Control {
	if found {
		return &analysis.Control{Delay: 0.1, Ratio: new(1.098), P: new(0.0002), Found: true}
	}
	return &analysis.Control{Delay: 0.1, Ratio: new(1.04), P: new(0.31)}
}

// checked returns the analysis of the real run with one of the checks.
func checked(t *testing.T, verdict string) *analysis.Analysis {
	t.Helper()
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	a.Check = checks()[verdict]
	return a
}

// golden compares output with a file in testdata.
func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	name := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got); if it is meant, run the test with -update:\n%s", name, diff)
	}
}

// A report begins with the check; the rest is the same as without a check.
func TestChecksInReports(t *testing.T) {
	plain := analysistest.Analyze(t, analysistest.TheRun(t))
	for verdict := range checks() {
		a := checked(t, verdict)
		for format, ending := range map[string]string{"text": ".txt", "markdown": ".md"} {
			got := analysistest.Print(t, format, a)
			beginning, found := bytes.CutSuffix(got, analysistest.Print(t, format, plain))
			if !found {
				t.Errorf("the rest of the %s is not that of a run without a check:\n%s", format, got)
			}
			golden(t, "check-"+verdict+ending, beginning)
		}
		golden(t, "check-"+verdict+".xml", analysistest.Print(t, "junit", a))
		golden(t, "check-"+verdict+".annotations", analysistest.Print(t, "github", a))
	}
}

// A count that is 0 in the base has no ratio; the report still shows its new value.
func TestChangeFromNothing(t *testing.T) {
	text := string(analysistest.Print(t, "text", checked(t, "regression")))
	if !strings.Contains(text, "connections per start: 0 became 1; the count is deterministic") {
		t.Errorf("text does not report that connections became 1 from 0:\n%s", text)
	}
}

// schema has the rules of Ant's and Jenkins' schemas for JUnit XML: for each element the required attributes, and the
// elements within it, in order. An element within another occurs at most once, unless it is marked by *.
var schema = map[string]struct{ attributes, elements []string }{
	"testsuites": {nil, []string{"testsuite*"}},
	"testsuite": {[]string{"name", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time", "package",
		"id"},
		[]string{"properties", "testcase*", "system-out", "system-err"}},
	"properties": {nil, []string{"property*"}},
	"property":   {[]string{"name", "value"}, nil},
	"testcase":   {[]string{"name", "classname", "time"}, []string{"skipped", "error", "failure"}},
	"error":      {[]string{"message", "type"}, nil},
	"failure":    {[]string{"message", "type"}, nil},
	"skipped":    {},
	"system-out": {}, "system-err": {},
}

// element is an XML element of any name.
type element struct {
	XMLName    xml.Name
	Attributes []xml.Attr `xml:",any,attr"`
	Elements   []element  `xml:",any"`
}

func (e element) attribute(name string) string {
	for _, a := range e.Attributes {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// valid checks an element, and the elements within it, against the schema.
func (e element) valid(t *testing.T) {
	t.Helper()
	rule, ok := schema[e.XMLName.Local]
	if !ok {
		t.Errorf("the schemas know no element %s", e.XMLName.Local)
	}
	var names []string
	for _, a := range e.Attributes {
		names = append(names, a.Name.Local)
	}
	if !slices.Equal(names, rule.attributes) {
		t.Errorf("%s has the attributes %q, want %q", e.XMLName.Local, names, rule.attributes)
	}
	at := 0
	for _, inner := range e.Elements {
		for at < len(rule.elements) && strings.TrimSuffix(rule.elements[at], "*") != inner.XMLName.Local {
			at++
		}
		if at == len(rule.elements) {
			t.Errorf("%s holds %s, want it to hold %q in this order", e.XMLName.Local, inner.XMLName.Local, rule.elements)
			return
		}
		if !strings.HasSuffix(rule.elements[at], "*") {
			at++
		}
		inner.valid(t)
	}
}

// The counts in JUnit XML are the numbers of its elements. Only a case that passed has neither a failure nor an error.
func TestJUnit(t *testing.T) {
	few := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		return append(analysistest.TenResponses(c, round), analysistest.Failed("closed"))
	}}
	test := func(name string, a *analysis.Analysis, tests, failures, errors string) {
		t.Run(name, func(t *testing.T) {
			text := analysistest.Print(t, "junit", a)
			var root element
			d := xml.NewDecoder(bytes.NewReader(text))
			if err := d.Decode(&root); err != nil {
				t.Fatalf("%v in\n%s", err, text)
			}
			if _, err := d.Token(); err != nil && err != io.EOF {
				t.Errorf("after the end: %v", err)
			}
			root.valid(t)
			suite := root.Elements[0]
			counted := map[string]int{}
			for _, e := range suite.Elements {
				counted[e.XMLName.Local]++
				for _, inner := range e.Elements {
					counted[inner.XMLName.Local]++
				}
			}
			skipped := 0
			if a.Check != nil {
				skipped = len(a.Check.LeftOut)
			}
			for element, want := range map[string][2]string{"testcase": {"tests", tests}, "failure": {"failures", failures},
				"error": {"errors", errors}, "skipped": {"skipped", strconv.Itoa(skipped)}} {
				if got := suite.attribute(want[0]); got != want[1] || strconv.Itoa(counted[element]) != want[1] {
					t.Errorf("%s is %s of %d, want %s:\n%s", want[0], got, counted[element], want[1], text)
				}
			}
		})
	}
	test("pass", checked(t, "pass"), "6", "0", "0")
	test("regression", checked(t, "regression"), "6", "4", "0")
	test("inconclusive", checked(t, "inconclusive"), "5", "0", "2")
	test("a change within its margin", checked(t, "changed"), "6", "0", "0")
	test("gates left out", checked(t, "left-out"), "8", "0", "0")
	test("a run", analysistest.Analyze(t, analysistest.TheRun(t)), "7", "0", "0")
	// Each cell has errors, and all of its blocks are invalid, so there are at most two inconclusive warnings.
	a := analysistest.Analyze(t, few.Record(t, 6))
	want := 2
	for _, w := range a.Warnings {
		if w.Code == analysis.Inconclusive {
			want++
		}
	}
	test("a run with errors", a, strconv.Itoa(want), "0", strconv.Itoa(want))

	// A verdict that no gate and no control explains is a test case of its own.
	alone := checked(t, "pass")
	alone.Check.Verdict, alone.Check.Why = analysis.Undecided, "too few groups"
	test("an inconclusive verdict alone", alone, "7", "0", "1")
	unknown := checked(t, "pass")
	unknown.Check.Gates[0].Verdict = ""
	test("a gate without a verdict", unknown, "6", "0", "1")
}

// The run has one warning for all gates that were left out, with each reason once.
func TestWarningOfGatesLeftOut(t *testing.T) {
	r := analysistest.CheckRun(t, 0)
	r.Plan.Check.LeftOut = checks()["left-out"].LeftOut
	a := analysistest.Analyze(t, r)
	i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "left-out" })
	const want = "gates were left out: processes, files_opened, connections: strace is not installed (Debian: apt-get " +
		"install strace); page_faults: it is not known of the base"
	if i < 0 || a.Warnings[i].Text != want {
		t.Errorf("warnings %+v, want one: %s", a.Warnings, want)
	}
	if diff := cmp.Diff(r.Plan.Check.LeftOut, a.Check.LeftOut); diff != "" {
		t.Errorf("the check's gates that were left out (-want +got):\n%s", diff)
	}
}
