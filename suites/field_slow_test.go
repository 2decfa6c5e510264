//go:build slow

package suites_test

import (
	"fmt"
	"html"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"forktax/bench/analysis"
	"forktax/bench/browsertest"
	"forktax/bench/units"
)

// A tax is the median response time of a CGI program over that of a resident form, with its interval.
type tax struct {
	group, form      string
	ratio, low, high float64
}

func (x tax) String() string {
	return units.Number(x.ratio) + units.Interval(&x.low, &x.high, units.Number)
}

// taxesOfField returns the taxes in the reference result.
func taxesOfField(t *testing.T) (all []tax) {
	t.Helper()
	a, err := analysis.ReadAnalysis("../results/reference/field/result.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range a.Run.Suite.Contenders {
		for _, r := range a.Comparisons {
			if r.Workload == c.Workload && r.Candidate == c.Name && r.Metric == analysis.MetricResponse && r.RatioLow != nil {
				all = append(all, tax{c.Workload, c.Title, 1 / r.Ratio, 1 / *r.RatioHigh, 1 / *r.RatioLow})
			}
		}
	}
	return all
}

// The document has the taxes of the reference result. If FIELD_PICTURE is the name of a file, their picture is written
// to it.
func TestFieldInDocument(t *testing.T) {
	text, err := os.ReadFile("../docs/field.md")
	if err != nil {
		t.Fatal(err)
	}
	all := taxesOfField(t)
	if len(all) < 8 {
		t.Errorf("%d taxes in the reference result", len(all))
	}
	for _, x := range all {
		if !strings.Contains(string(text), "| "+x.String()+" |") {
			t.Errorf("docs/field.md does not have %s, %s: %s", x.group, x.form, x)
		}
	}
	file := os.Getenv("FIELD_PICTURE")
	if file == "" {
		return
	}
	page := picture(all)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(page)) }))
	defer server.Close()
	b := browsertest.Open(t, server.URL)
	b.Do(t, chromedp.EmulateViewport(870, int64(90+24*len(all))))
	browsertest.Picture(t, b, file)
}

// picture draws the taxes on a logarithmic axis.
func picture(all []tax) string {
	const left, right, top, row = 380.0, 790.0, 75.0, 24.0
	most := 1.0
	for _, x := range all {
		most = max(most, x.high)
	}
	at := func(ratio float64) float64 { return left + (right-left)*math.Log(ratio)/math.Log(most) }
	bottom := top + row*float64(len(all)) - 12
	var b strings.Builder
	text := func(x, y float64, style, text string) {
		fmt.Fprintf(&b, `<text x="%.0f" y="%.0f" style="%s">%s</text>`, x, y, style, html.EscapeString(text))
	}
	text(20, 22, "font-weight: bold; font-size: 15px", "Median of CGI over that of each resident form (95% CI)")
	for _, tick := range []float64{1, 3, 10, 30, 100, 300, 1000} {
		if tick <= most {
			fmt.Fprintf(&b, `<path d="M%.0f 60V%.0f" stroke="#ddd"/>`, at(tick), bottom)
			text(at(tick), 54, "text-anchor: middle; fill: #666", fmt.Sprintf("%.0f×", tick))
		}
	}
	last := ""
	for i, x := range all {
		y := top + row*float64(i)
		if x.group != last {
			text(20, y+5, "font-weight: bold", x.group)
		}
		last = x.group
		form, _, _ := strings.Cut(x.form, ":")
		text(left-10, y+5, "text-anchor: end; fill: #444", form)
		fmt.Fprintf(&b, `<path d="M%.1f %.0fH%.1f" stroke="#47a" stroke-width="2"/><circle cx="%.1f" cy="%.0f" r="5" fill="#47a"/>`,
			at(x.low), y, at(x.high), at(x.ratio), y)
		text(at(x.high)+10, y+5, "", units.Number(x.ratio)+"×")
	}
	text(20, bottom+20, "fill: #666", "git http-backend, cgit and man2html have no resident form.")
	return `<!DOCTYPE html><body style="margin: 0"><svg width="870" height="1000" style="font: 13px DejaVu Sans, sans-serif">` +
		b.String() + "</svg>"
}
