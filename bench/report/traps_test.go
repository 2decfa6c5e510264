package report_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// takes returns a run of hello with 1 client and with 8 clients. The parameters are the ratios of cgi's response time
// to persistent's: one with 1 client, eight with 8 clients.
func takes(t *testing.T, one, eight float64) *record.Result {
	t.Helper()
	m := analysistest.Fake{Cells: append(analysistest.Twins(), analysistest.Cell(plan.Baseline, 8),
		analysistest.Cell(plan.Fresh, 8)), Block: func(c plan.Cell, _ int) []record.Observation {
		ns := 1e6
		switch {
		case c.Model == plan.Baseline:
		case c.Load.Concurrency == 1:
			ns *= one
		default:
			ns *= eight
		}
		return []record.Observation{analysistest.Response(time.Duration(ns))}
	}}
	return m.Record(t, 8)
}

// headline returns the headline of the page, as a reader sees it.
func headline(t *testing.T, a *analysis.Analysis) string {
	t.Helper()
	page := string(analysistest.Print(t, "html", a))
	m := regexp.MustCompile(`<p class="answer">(.*?)( <a .*)?</p>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("the page has no answer")
	}
	return html.UnescapeString(m[1])
}

// A ratio below 1 is inverted: the slower side is named first, with the factor by which it is slower.
func TestRatiosAreTurnedRound(t *testing.T) {
	for name, test := range map[string]struct {
		one, eight      float64
		headline, means string
	}{
		"cgi takes longer": {2, 4,
			"cgi takes 2.00 times as long as persistent for hello (1 client), and 4.00 times for hello (8 clients).",
			"hello: cgi 2.0 ms, persistent 1.0 ms: 2.0× (95% CI 2.0 to 2.0)."},
		"persistent takes longer": {0.05, 0.5,
			"persistent takes 2.00 times as long as cgi for hello (8 clients), and 20.0 times for hello (1 client).",
			"hello: persistent 1.0 ms, cgi 50 µs: 20× (95% CI 20 to 20)."},
		"both": {0.25, 2,
			"persistent takes 4.00 times as long as cgi for hello (1 client), and cgi takes 2.00 times as long as persistent " +
				"for hello (8 clients).",
			"hello: persistent 1.0 ms, cgi 250 µs: 4.0× (95% CI 4.0 to 4.0)."},
		"one of them": {0.25, 1,
			"persistent takes 4.00 times as long as cgi for hello (1 client) (4.00 to 4.00).",
			"hello: persistent 1.0 ms, cgi 250 µs: 4.0× (95% CI 4.0 to 4.0)."},
	} {
		t.Run(name, func(t *testing.T) {
			a := analysistest.Analyze(t, takes(t, test.one, test.eight))
			if got := headline(t, a); got != test.headline {
				t.Errorf("the headline is %q, want %q", got, test.headline)
			}
			for _, format := range []string{"text", "markdown", "html"} {
				got := html.UnescapeString(string(analysistest.Print(t, format, a)))
				if !strings.Contains(got, test.means) {
					t.Errorf("%s does not contain %q:\n%s", format, test.means, got)
				}
				if below := regexp.MustCompile(`takes 0\.\d+ times`).FindString(got); below != "" {
					t.Errorf("%s contains %q", format, below)
				}
			}
		})
	}
}

// Traps are printed directly after the headline, which has a caution.
func TestTrapsAreSaidFirst(t *testing.T) {
	r := takes(t, 0.05, 0.05)
	r.Plan.Traps = []subject.Trap{{Code: "delayed-ack", Model: "persistent", Evidence: "43 ms between two parts <of it>",
		Advice: "write at once"}}
	r.Tail.Complete = false
	a := analysistest.Analyze(t, r)
	const caution = "Caution: a trap affects these results: delayed-ack (persistent)."
	if got := headline(t, a); !strings.HasPrefix(got, "persistent takes 20.0 times as long as cgi") ||
		!strings.HasSuffix(got, caution) {
		t.Errorf("the headline is %q, want it with %q", got, caution)
	}
	const trap = "persistent: 43 ms between two parts <of it>; write at once."
	for format, test := range map[string]struct{ first, trap, warning string }{
		"text":     {"persistent takes 20.0 times", "\n  delayed-ack: " + trap, "  incomplete: "},
		"markdown": {"# forktax", "\n> **delayed-ack**: " + strings.Replace(trap, "<", "&lt;", 1), "> **incomplete**: "},
		"html": {"", "<li><strong>delayed-ack</strong>: persistent: 43 ms between two parts &lt;of it&gt;. " +
			"<em>write at once.</em></li>", "<li><strong>incomplete</strong>"},
	} {
		got := string(analysistest.Print(t, format, a))
		if !strings.HasPrefix(got, test.first) {
			t.Errorf("%s begins with %.60q, want %q", format, got, test.first)
		}
		at := strings.Index(got, test.trap)
		if at < strings.Index(got, caution) || at > strings.Index(got, "run made") || at > strings.Index(got, test.warning) {
			t.Errorf("%s has the trap not after the headline and before all else:\n%s", format, got[:min(len(got), 2000)])
		}
		body, _, _ := strings.Cut(got, `<script type="application/json"`)
		if n := strings.Count(body, "write at once"); n != 1 {
			t.Errorf("%s names the trap %d times", format, n)
		}
	}
	if json := string(analysistest.Print(t, "json", a)); !strings.Contains(json, `"trap": true`) {
		t.Error("the JSON does not mark the trap")
	}
}

// The verdict of a check has a caution, too.
func TestTrapsOfACheck(t *testing.T) {
	r := analysistest.CheckRun(t, 0)
	r.Plan.Traps = []subject.Trap{{Code: "shim", Model: "base", Evidence: "it is slow", Advice: "leave it out"},
		{Code: "shim", Model: "candidate", Evidence: "it is slow", Advice: "leave it out"}}
	a := analysistest.Analyze(t, r)
	got := string(analysistest.Print(t, "text", a))
	first, rest, _ := strings.Cut(got, "\n")
	if !strings.HasPrefix(first, a.Check.Verdict+": ") ||
		!strings.HasSuffix(first, ". Caution: traps affect these results: shim (base); shim (candidate).") {
		t.Errorf("the first line is %q", first)
	}
	if !strings.HasPrefix(rest, "  shim: base: it is slow; leave it out.\n  shim: candidate: ") {
		t.Errorf("the traps are not below the first line:\n%s", got)
	}
}
