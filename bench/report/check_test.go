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

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
)

// made-up checks, one of each verdict, as they stand in an analysis of a run of the variants base and candidate.
func checks() map[string]*report.Check {
	load := plan.Load{Kind: plan.Closed, Concurrency: 1}
	gate := func(metric, kind, unit string, base, candidate float64, verdict, why string) report.Gate {
		g := report.Gate{Workload: "app", Request: "front", Load: load, Metric: metric, Kind: kind, Unit: unit, Base: &base,
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
	check := func(verdict, why, needs string, found bool, gates ...report.Gate) *report.Check {
		return &report.Check{Base: "./old/app", Candidate: "./new/app", Margin: 0.03, MustCatch: 0.1, Alpha: 0.01,
			Verdict: verdict, Why: why, Needs: needs, Gates: gates, Groups: 12, Confirmed: 4, Seconds: 31.4,
			Control: control(found)}
	}
	processes := gate(report.CountProcesses, "count", "1", 1, 1, report.Pass, "")
	connections := gate(report.CountConnections, "count", "1", 0, 0, report.Pass, "")
	cpu := gate(report.MetricCPU, "measured", "ns", 2.21e6, 2.22e6, report.Pass, "")
	throughput := gate(report.MetricThroughput, "measured", "1/s", 522, 519, report.Pass, "")
	left := check(report.Pass, "by each gate, ./new/app costs less than 10 % more than ./old/app; left out: processes, "+
		"files_opened, connections, page_faults", "", true, cpu,
		gate(report.MetricResponse, "measured", "ns", 1.85e6, 1.86e6, report.Pass, ""), throughput)
	for _, metric := range []string{report.CountProcesses, report.CountFiles, report.CountConnections} {
		left.LeftOut = append(left.LeftOut, plan.LeftOut{Gate: metric,
			Why: "strace is not installed (Debian: apt-get install strace)"})
	}
	left.LeftOut = append(left.LeftOut, plan.LeftOut{Gate: report.MetricFaults, Why: "it is not known of the base"})
	return map[string]*report.Check{
		"left-out": left,
		"pass": check(report.Pass, "no gate found a change above 3 %", "", true, processes, connections, cpu,
			gate(report.MetricResponse, "measured", "ns", 1.85e6, 1.86e6, report.Pass, ""), throughput),
		"regression": check(report.Regression, "the median response time of app/front grew by 10.3 %", "", true,
			gate(report.CountProcesses, "count", "1", 1, 2, report.Regression, "it has no noise, so that more is more"),
			gate(report.CountConnections, "count", "1", 0, 1, report.Regression, "it has no noise, so that more is more"), cpu,
			gate(report.MetricResponse, "measured", "ns", 1.85e6, 2.04e6, report.Regression, "confirmed by 4 more starts"),
			gate(report.MetricThroughput, "measured", "1/s", 522, 474, report.Regression, "")),
		"inconclusive": check(report.Undecided, "the positive control was not found", "about 90 s, or half the noise", false,
			processes, connections, cpu,
			gate(report.MetricResponse, "measured", "ns", 1.85e6, 1.91e6, report.Undecided, "3 % is within its interval")),
	}
}

func control(found bool) *report.Control {
	if found {
		return &report.Control{Delay: 0.1, Ratio: new(1.098), P: new(0.0002), Found: true}
	}
	return &report.Control{Delay: 0.1, Ratio: new(1.04), P: new(0.31)}
}

// checked is the analysis of the real run with one of the checks.
func checked(t *testing.T, verdict string) *report.Analysis {
	t.Helper()
	a := analyze(t, theRun(t))
	a.Check = checks()[verdict]
	return a
}

// golden holds what was printed against a file in testdata.
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

// The beginning of a report is the check; the rest is as of any run.
func TestChecksInReports(t *testing.T) {
	plain := analyze(t, theRun(t))
	for verdict := range checks() {
		a := checked(t, verdict)
		for format, ending := range map[string]string{"text": ".txt", "markdown": ".md"} {
			got := print(t, format, a)
			beginning, found := bytes.CutSuffix(got, print(t, format, plain))
			if !found {
				t.Errorf("the rest of the %s is not that of a run without a check:\n%s", format, got)
			}
			golden(t, "check-"+verdict+ending, beginning)
		}
		golden(t, "check-"+verdict+".xml", print(t, "junit", a))
		golden(t, "check-"+verdict+".annotations", print(t, "github", a))
	}
}

// A count of which the base had none has no ratio, and the report says what it became all the same.
func TestChangeFromNothing(t *testing.T) {
	text := string(print(t, "text", checked(t, "regression")))
	if !strings.Contains(text, "connections a start: 0 became 1; it has no noise, so that more is more") {
		t.Errorf("the text does not say that connections became 1 from 0:\n%s", text)
	}
}

// schema is what Ant's and Jenkins' schemas want of JUnit's XML: the attributes that must be there, and the elements
// within, in their order, each at most once but where it is marked.
var schema = map[string]struct{ attributes, elements []string }{
	"testsuites": {nil, []string{"testsuite*"}},
	"testsuite": {[]string{"name", "timestamp", "hostname", "tests", "failures", "errors", "skipped", "time", "package", "id"},
		[]string{"properties", "testcase*", "system-out", "system-err"}},
	"properties": {nil, []string{"property*"}},
	"property":   {[]string{"name", "value"}, nil},
	"testcase":   {[]string{"name", "classname", "time"}, []string{"skipped", "error", "failure"}},
	"error":      {[]string{"message", "type"}, nil},
	"failure":    {[]string{"message", "type"}, nil},
	"skipped":    {},
	"system-out": {}, "system-err": {},
}

// element is any element of XML.
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

// valid holds an element, and those within it, against the schema.
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

// What JUnit's XML counts is what is in it, and only what passed has neither a failure nor an error.
func TestJUnit(t *testing.T) {
	few := made{cells: twins(), block: func(c plan.Cell, round int) []record.Observation {
		return append(the10s(c, round), failed("closed"))
	}}
	test := func(name string, a *report.Analysis, tests, failures, errors string) {
		t.Run(name, func(t *testing.T) {
			text := print(t, "junit", a)
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
	test("gates left out", checked(t, "left-out"), "8", "0", "0")
	test("a run", analyze(t, theRun(t)), "7", "0", "0")
	// Each cell has errors, and all its blocks are invalid: so two inconclusive warnings at the most.
	a := analyze(t, few.record(t, 6))
	want := 2
	for _, w := range a.Warnings {
		if w.Code == report.Inconclusive {
			want++
		}
	}
	test("a run with errors", a, strconv.Itoa(want), "0", strconv.Itoa(want))

	// A verdict that nothing else is the reason of is a case of its own.
	alone := checked(t, "pass")
	alone.Check.Verdict, alone.Check.Why = report.Undecided, "too few groups"
	test("an inconclusive verdict alone", alone, "7", "0", "1")
	unknown := checked(t, "pass")
	unknown.Check.Gates[0].Verdict = ""
	test("a gate without a verdict", unknown, "6", "0", "1")
}

// Gates that were left out are a warning of the run, one for all, with each reason once.
func TestWarningOfGatesLeftOut(t *testing.T) {
	r := contest(t, 0)
	r.Plan.Check.LeftOut = checks()["left-out"].LeftOut
	a := analyze(t, r)
	i := slices.IndexFunc(a.Warnings, func(w report.Warning) bool { return w.Code == "left-out" })
	const want = "gates were left out: processes, files_opened, connections: strace is not installed (Debian: apt-get " +
		"install strace); page_faults: it is not known of the base"
	if i < 0 || a.Warnings[i].Text != want {
		t.Errorf("warnings %+v, want one: %s", a.Warnings, want)
	}
	if diff := cmp.Diff(r.Plan.Check.LeftOut, a.Check.LeftOut); diff != "" {
		t.Errorf("the check's gates that were left out (-want +got):\n%s", diff)
	}
}
