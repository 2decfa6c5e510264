package report_test

import (
	"bytes"
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/report"
)

// printedPage returns the page of the real run.
func printedPage(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.HTML(&out, analysistest.Analyze(t, analysistest.TheRun(t))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The page is self-contained.
func TestHTMLIsWhole(t *testing.T) {
	page := printedPage(t)
	for _, outside := range []string{`src=`, `href="http`, `href="//`, `@import`, `url(`, `fetch(`, `XMLHttpRequest`, `<base`} {
		if at := strings.Index(page, outside); at >= 0 {
			t.Errorf("the page has %q: …%s…", outside, page[max(at-60, 0):min(at+100, len(page))])
		}
	}
	if len(page) > 400<<10 {
		t.Errorf("the page of a short run has %d bytes, want at most 400 kB", len(page))
	}
}

// embedded returns the JSON in a script element of the page.
func embedded(t *testing.T, page, id string) any {
	t.Helper()
	_, rest, found := strings.Cut(page, `<script type="application/json" id="`+id+`">`)
	text, _, _ := strings.Cut(rest, "</script>")
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil || !found {
		t.Fatalf("the page's %s: %v in %.100q", id, err, text)
	}
	return v
}

// Each number links to a place in the JSON, where a number is. Links of sentences and of the titles of columns lead to
// objects or lists.
func TestHTMLNumbersHavePlaces(t *testing.T) {
	page := printedPage(t)
	analysis := embedded(t, page, "analysis")
	places := regexp.MustCompile(`(<th[^>]*>|)<a href="#(\.[^"]*)"( class="place"|)`).FindAllStringSubmatch(page, -1)
	if len(places) < 20 {
		t.Fatalf("only %d numbers lead to the JSON", len(places))
	}
	for _, p := range places {
		at := analysis
		for _, key := range strings.Split(p[2][1:], ".") {
			switch holder := at.(type) {
			case map[string]any:
				at = holder[key]
			case []any:
				var i int
				if err := json.Unmarshal([]byte(key), &i); err != nil || i >= len(holder) {
					t.Fatalf("%s is nowhere", p[2])
				}
				at = holder[i]
			}
		}
		_, number := at.(float64)
		if of := p[1] != "" || p[3] != ""; number == of || at == nil {
			t.Errorf("%s holds %v, though it is led to by %s", p[2], at, p[0])
		}
	}
	for _, link := range regexp.MustCompile(`href="#([^".]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.Contains(page, `id="`+link[1]+`"`) {
			t.Errorf("a link leads to #%s, which is nowhere", link[1])
		}
	}
}

// Every figure has a description, is drawn within its bounds, and has its data below it.
func TestHTMLFigures(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	page := printedPage(t)
	if n := strings.Count(page, "<figure>"); n < 5 || n != strings.Count(page, "The data of this figure") {
		t.Errorf("the page has %d figures", n)
	}
	if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
		t.Error("a figure has a coordinate that is not a number")
	}
	if cells := regexp.MustCompile(`<td[^>]*>[−\d][^<]* [µm]?s</td>`).FindAllString(page, -1); len(cells) > 0 {
		// The start of a bin is not a result. The other cells of its row are linked to the JSON by their columns
		for _, cell := range cells {
			if !regexp.MustCompile(`<tr>` + regexp.QuoteMeta(cell)).MatchString(page) {
				t.Errorf("a number leads nowhere: %s", cell)
			}
		}
	}
	for _, c := range a.Cells {
		if !strings.Contains(page, html.EscapeString(c.Model)) {
			t.Errorf("the page does not name %s", c.Model)
		}
	}
	series, _ := embedded(t, page, "series").([]any)
	if len(series) == 0 {
		t.Error("the page has no series of blocks")
	}
}

// The page of a check begins with its verdict, and has its gates.
func TestHTMLOfACheck(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	one, two, ratio := 1000.0, 1200.0, 1.2
	a.Check = &analysis.Check{Base: "old", Candidate: "new", Verdict: analysis.Regression, Why: "it takes longer",
		Margin: 0.03,
		Gates: []analysis.Gate{{Workload: "hello", Request: "hello", Metric: analysis.MetricResponse, Kind: "measured",
			Unit: "ns", Base: &one,
			Candidate: &two, Ratio: &ratio, Verdict: analysis.Regression}, {Workload: "hello", Request: "hello",
			Metric: analysis.CountFiles, Kind: "count", Unit: "1", Base: new(54.0), Candidate: new(63.0), Verdict: analysis.Pass,
			Why: "changed within its margin of 20% and 10", Margin: new(0.2), MarginCount: 10}},
		Control: &analysis.Control{Delay: 0.1, Found: true}}
	var out bytes.Buffer
	if err := report.HTML(&out, a); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`<p class="answer">regression: it takes longer</p>`,
		`href="#.check.gates.0.ratio"`, "&#43;20.0%",
		"The positive control", `href="#.check.margin"`, `href="#.check.gates.1.margin"`, "&#43;20% and 10",
		"54 became 63; changed within its margin"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page has no %s", want)
		}
	}
}

// The page of a search begins with its result. The page of a run of one model mentions no comparison.
func TestHTMLOfASearch(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	met := 880.0
	a.Comparisons, a.Knees = nil, []analysis.Knee{{Workload: "hello", Request: "hello", Model: "cgi",
		Objective: "p99 ≤ 20 ms", MetRPS: &met}}
	check := func(want string) {
		t.Helper()
		var out bytes.Buffer
		if err := report.HTML(&out, a); err != nil {
			t.Fatal(err)
		}
		_, got, _ := strings.Cut(out.String(), `<p class="answer">`)
		if !strings.HasPrefix(got, want) {
			t.Errorf("the page begins with %.100s, want %s", got, want)
		}
	}
	check("hello: cgi meets p99 ≤ 20 ms at every tested rate, up to 880/s.")
	a.Knees = nil
	check("hello (1 client): persistent 38 µs, 23,000/s. ")
}

// Names and texts of a run cannot become a part of the page's code.
func TestHTMLEscapes(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	const evil = `</script><script>alert(1)</script><img onerror="x">`
	a.Cells[0].Model, a.Run.Condition, a.Environment.CPU = evil, evil, evil
	a.Warnings = append(a.Warnings, analysis.Warning{Code: evil, Text: evil, Advice: evil})
	var out bytes.Buffer
	if err := report.HTML(&out, a); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "<script>alert") || strings.Contains(out.String(), "<img") {
		t.Error("a name became a part of the page")
	}
}
