package report_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
	"forktax/bench/report"
)

// printer is a function that prints an analysis for a terminal.
type printer = func(t *testing.T, a *analysis.Analysis, term report.Terminal) string

func screen(t *testing.T, a *analysis.Analysis, term report.Terminal) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Screen(&out, a, term); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func details(t *testing.T, a *analysis.Analysis, term report.Terminal) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Details(&out, a, term); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// No line is wider than the terminal: rows of tables are split into several lines, and sentences are wrapped.
func TestNoLineIsTooWide(t *testing.T) {
	for name, print := range map[string]printer{"screen": screen, "details": details} {
		for of, a := range map[string]*analysis.Analysis{
			"run":   analysistest.Analyze(t, analysistest.TheRun(t)),
			"all":   everything(t),
			"suite": ofASuite(t),
			"check": analysistest.Analyze(t, analysistest.CheckRun(t, 1.1)),
		} {
			for _, width := range []int{80, 100, 160} {
				for _, ascii := range []bool{false, true} {
					text := print(t, a, report.Terminal{Width: width, ASCII: ascii})
					for line := range strings.Lines(text) {
						line = strings.TrimSuffix(line, "\n")
						if n := utf8.RuneCountInString(line); n > width {
							t.Errorf("%s of %s at %d columns has a line of %d: %s", name, of, width, n, line)
						}
						if strings.HasSuffix(line, " ") {
							t.Errorf("%s of %s at %d columns has a line that ends in a blank: %q", name, of, width, line)
						}
					}
				}
			}
		}
	}
}

// Names are wider than a very narrow terminal, which must not be an error.
func TestVeryNarrowTerminals(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	for i := range a.Cells {
		a.Cells[i].Request = strings.Repeat("x", 40)
	}
	for width := range 60 {
		for _, ascii := range []bool{false, true} {
			if text := screen(t, a, report.Terminal{Width: width, ASCII: ascii}); !strings.Contains(text, "phases") {
				t.Errorf("at %d columns the phases are missing:\n%s", width, text)
			}
		}
	}
}

// The first line of a run's first screen is its result. The screen has one table of at most 12 rows.
func TestScreen(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	for _, width := range []int{80, 100, 160} {
		got := screen(t, a, report.Terminal{Width: width})
		golden(t, fmt.Sprintf("screen-%d.txt", width), []byte(got))
		first, _, _ := strings.Cut(got, "\n")
		if !strings.HasPrefix(first, "hello: cgi 1.8 ms, persistent 38 µs: 49× (95% CI 46 to 55). At 100 req/s: 22%") {
			t.Errorf("at %d columns its first line is %q", width, first)
		}
		if n := strings.Count(got, "───\n"); n != 1 {
			t.Errorf("at %d columns it has %d tables:\n%s", width, n, got)
		}
	}
}

// The headline of a page never has a comparison without an interval.
func TestHeadlineHasAnInterval(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	for i := range a.Comparisons {
		a.Comparisons[i].RatioLow, a.Comparisons[i].RatioHigh = nil, nil
	}
	page := string(analysistest.Print(t, "html", a))
	want := "No comparison with persistent has enough pairs of blocks for a confidence interval."
	if !strings.Contains(page, want) || strings.Contains(page, "times as long") {
		t.Errorf("headline of the page does not contain %q", want)
	}
}

// The screen of a run of a user's own program has the program with its path, and the server it was compared with.
func TestScreenNamesThePrograms(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	for i := range a.Cells {
		if a.Cells[i].Workload == "hello" {
			a.Cells[i].Workload, a.Cells[i].Request = "page.py", "GET /?page=2"
		}
	}
	for i := range a.Comparisons {
		if a.Comparisons[i].Workload == "hello" {
			a.Comparisons[i].Workload, a.Comparisons[i].Request = "page.py", "GET /?page=2"
		}
	}
	a.Environment.Programs = append(a.Environment.Programs, record.Program{Workload: "page.py", Path: "/srv/cgi/page.py"})
	a.Run.Servers = append(a.Run.Servers, record.Server{Name: "persistent", Command: "python3 server.py --port {port}"})
	got := screen(t, a, report.Terminal{Width: 160})
	for _, want := range []string{"page.py GET /?page=2: cgi 1.8 ms", "cgi: /srv/cgi/page.py",
		"persistent: python3 server.py --port {port}"} {
		if !strings.Contains(got, want) {
			t.Errorf("screen does not contain %q:\n%s", want, got)
		}
	}
}
