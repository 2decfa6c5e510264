package report_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// A browser is one without a network, in which a page is open.
type browser struct {
	context.Context
	mu       sync.Mutex
	troubles []string // what it complained of, and what it asked of others
}

// opened opens the page in Chromium. Without that the test is skipped, which CI does not allow.
func opened(t *testing.T, page string) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("Chromium is not installed (Debian: apt-get install chromium)")
	}
	file := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.WindowSize(1200, 900))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	ctx, giveUp := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(giveUp)
	b := &browser{Context: ctx}
	chromedp.ListenTarget(ctx, b.hear)
	b.do(t, network.Enable(), log.Enable(), chromedp.Navigate("file://"+file), chromedp.WaitReady("#shown"))
	return b
}

func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.troubles = append(b.troubles, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		b.troubles = append(b.troubles, fmt.Sprint("console.", e.Type))
	case *log.EventEntryAdded:
		b.troubles = append(b.troubles, e.Entry.Text)
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, "file:") && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") {
			b.troubles = append(b.troubles, "it asks for "+url)
		}
	}
}

func (b *browser) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b, actions...); err != nil {
		t.Fatal(err)
	}
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, b *browser, expression string) (value T) {
	t.Helper()
	b.do(t, chromedp.Evaluate(expression, &value, chromedp.EvalAsValue, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
	return value
}

// faults are the serious findings of axe, an examiner of whether everybody can use a page.
func faults(t *testing.T, b *browser) []string {
	t.Helper()
	const script = "testdata/axe/node_modules/axe-core/axe.min.js"
	axe, err := os.ReadFile(script)
	if err != nil {
		t.Skip("axe-core is not installed (npm ci --ignore-scripts --prefix bench/report/testdata/axe): ", err)
	}
	b.do(t, chromedp.Evaluate(string(axe), nil))
	return ask[[]string](t, b, `axe.run().then(r => r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html).join(" ")))`)
}

// The page works in a browser without a network: it draws all figures, says nothing to the console, and everybody can use it,
// by day and by night, on paper and on a phone.
func TestPageInABrowser(t *testing.T) {
	b := opened(t, printedPage(t))
	if n := ask[int](t, b, `[...document.querySelectorAll("figure .wide svg")].filter(s => s.getBoundingClientRect().width > 300 && s.getBoundingClientRect().height > 30).length`); n < 5 {
		t.Errorf("%d figures have a size", n)
	}
	if n := ask[int](t, b, `[...document.querySelectorAll("details")].filter(d => d.querySelectorAll("tbody tr").length === 0).length`); n > 0 {
		t.Errorf("%d figures have no data", n)
	}
	if got, want := ask[int](t, b, `document.querySelectorAll("#charts canvas").length`), ask[int](t, b,
		`new Set(JSON.parse(document.getElementById("series").textContent).map(s => s.group)).size`); got != want || got == 0 {
		t.Errorf("%d time series are drawn, want %d", got, want)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.do(t, emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}))
		bright := ask[int](t, b, `parseInt(getComputedStyle(document.body).backgroundColor.match(/\d+/)[0])`)
		if (bright > 128) != (scheme == "light") {
			t.Errorf("the paper has a brightness of %d in %s mode", bright, scheme)
		}
		for _, finding := range faults(t, b) {
			t.Errorf("%s: %s", scheme, finding)
		}
	}
	b.do(t, emulation.SetEmulatedMedia().WithMedia("print"))
	if ask[bool](t, b, `[...document.querySelectorAll("nav, #save")].some(e => e.offsetParent !== null)`) {
		t.Error("what cannot be used on paper is printed")
	}
	b.do(t, emulation.SetEmulatedMedia().WithMedia("screen"), emulation.SetDeviceMetricsOverride(375, 800, 1, true))
	if width := ask[int](t, b, `document.documentElement.scrollWidth`); width > 375 {
		t.Errorf("on a phone the page is %d wide, want 375", width)
	}
	t.Logf("first paint after %.0f ms", ask[float64](t, b, `performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? -1`))
	for _, trouble := range b.troubles {
		t.Error(trouble)
	}
}

// A number that is followed shows its place in the JSON; keys do what the mouse does.
func TestNumbersLeadToTheJSON(t *testing.T) {
	b := opened(t, printedPage(t))
	b.do(t, chromedp.Focus(`a[data-place*="cpu_ns_per_request"]`), chromedp.KeyEvent("\r"))
	place := ask[string](t, b, `document.getElementById("place").textContent`)
	shown := ask[string](t, b, `document.getElementById("shown").textContent`)
	if !strings.Contains(place, "jq '.cells[0].cpu_ns_per_request'") || !strings.Contains(shown, `"cpu_ns_per_request":`) {
		t.Errorf("it shows %q: %.100q", place, shown)
	}
}
