//go:build slow

package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"forktax/bench/browsertest"
)

// opened opens the page in a browser, as a file and without a network.
func opened(t *testing.T, page string) *browsertest.Browser {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	b := browsertest.Open(t, "file://"+file)
	b.Do(t, chromedp.WaitReady("#shown"))
	return b
}

// axe is the directory of axe-core, which checks accessibility.
const axe = "testdata/axe"

// The page works in a browser without a network. It draws all figures, prints nothing to the console, and is
// accessible in light and dark mode, on paper, and on a phone.
func TestPageInABrowser(t *testing.T) {
	b := opened(t, printedPage(t))
	if n := browsertest.Ask[int](t, b,
		`[...document.querySelectorAll("figure .wide svg")].filter(s => s.getBoundingClientRect().width > 300 && s.getBoundingClientRect().height > 30).length`); n < 5 {
		t.Errorf("%d figures have a size", n)
	}
	if n := browsertest.Ask[int](t, b,
		`[...document.querySelectorAll("details")].filter(d => d.querySelectorAll("tbody tr").length === 0).length`); n > 0 {
		t.Errorf("%d figures have no data", n)
	}
	if got, want := browsertest.Ask[int](t, b,
		`document.querySelectorAll("#charts canvas").length`), browsertest.Ask[int](t, b,
		`new Set(JSON.parse(document.getElementById("series").textContent).map(s => s.group)).size`); got != want || got == 0 {
		t.Errorf("%d time series are drawn, want %d", got, want)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.Do(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme",
			Value: scheme}}))
		bright := browsertest.Ask[int](t, b, `parseInt(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0])`)
		if (bright > 128) != (scheme == "light") {
			t.Errorf("the paper has a brightness of %d in %s mode", bright, scheme)
		}
		for _, finding := range browsertest.Faults(t, b, axe) {
			t.Errorf("%s: %s", scheme, finding)
		}
	}
	b.Do(t, emulation.SetEmulatedMedia().WithMedia("print"))
	if browsertest.Ask[bool](t, b, `[...document.querySelectorAll("nav, #save")].some(e => e.offsetParent !== null)`) {
		t.Error("what cannot be used on paper is printed")
	}
	b.Do(t, emulation.SetEmulatedMedia().WithMedia("screen"), emulation.SetDeviceMetricsOverride(375, 800, 1, true))
	if width := browsertest.Ask[int](t, b, `document.documentElement.scrollWidth`); width > 375 {
		t.Errorf("on a phone the page is %d wide, want 375", width)
	}
	t.Logf("first paint after %.0f ms", browsertest.Ask[float64](t, b,
		`performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1`))
	for _, trouble := range b.Troubles() {
		t.Error(trouble)
	}
}

// The link of a number shows its place in the JSON, also if it is followed by keyboard. So does the place in the
// address of the page.
func TestNumbersLeadToTheJSON(t *testing.T) {
	b := opened(t, printedPage(t))
	seen := func(place, name string) {
		t.Helper()
		b.Do(t, chromedp.Poll(fmt.Sprintf(`document.getElementById("place").textContent.startsWith(%q)`,
			"jq '"+place+"' is "), nil))
		said := browsertest.Ask[string](t, b, `document.getElementById("place").textContent`)
		shown := browsertest.Ask[string](t, b, `document.getElementById("shown").textContent`)
		if !strings.HasPrefix(said, "jq '"+place+"' is ") || !strings.Contains(shown, `"`+name+`":`) {
			t.Errorf("it shows %q: %.100q, want %s", said, shown, place)
		}
		if top := browsertest.Ask[float64](t, b, `document.getElementById("place").getBoundingClientRect().y`); top < 0 ||
			top > 900 {
			t.Errorf("%s is at %v of the window", place, top)
		}
	}
	b.Do(t, chromedp.Focus(`a[href*="cpu_ns_per_request"]`), chromedp.KeyEvent("\r"))
	seen(".cells[0].cpu_ns_per_request", "cpu_ns_per_request")
	b.Do(t, chromedp.Evaluate(`location.hash = "#.comparisons.0.ratio"`, nil))
	seen(".comparisons[0].ratio", "ratio_low")
	b.Do(t, chromedp.Reload(), chromedp.WaitReady("#shown"))
	seen(".comparisons[0].ratio", "ratio_low")
	browsertest.Picture(t, b, os.Getenv("REPORT_PICTURE"))
}
