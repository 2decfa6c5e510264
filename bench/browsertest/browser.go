// Package browsertest opens pages in a real browser, for tests.
package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"forktax/bench/testenv"
)

// A Browser is Chromium with an open page. It does not resolve host names.
type Browser struct {
	context.Context
	mu       sync.Mutex
	own      string   // prefix of URLs that the page may request
	troubles []string // errors and warnings, and requests for other URLs
}

// Open opens the page at the URL. It skips the test if Chromium is not installed, which is a failure in CI.
func Open(t testing.TB, url string) *Browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		testenv.Skip(t, errors.New("chromium is not installed (Debian: apt-get install chromium)"))
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"), chromedp.WindowSize(1250, 1000))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closePage := chromedp.NewContext(ctx)
	t.Cleanup(closePage)
	b := &Browser{Context: ctx, own: url}
	chromedp.ListenTarget(ctx, b.record)
	if err := chromedp.Run(ctx); err != nil { // the browser runs as long as the context of its first Run
		t.Fatal(err)
	}
	b.Do(t, network.Enable(), log.Enable(), chromedp.Navigate(url))
	return b
}

// record records errors, warnings and requests for other URLs.
func (b *Browser) record(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.troubles = append(b.troubles, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		b.troubles = append(b.troubles, fmt.Sprint("console.", e.Type))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			b.troubles = append(b.troubles, e.Entry.Text+" "+e.Entry.URL)
		}
	case *network.EventRequestWillBeSent:
		url := e.Request.URL
		if !strings.HasPrefix(url, b.own) && !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, "blob:") &&
			!strings.HasSuffix(url, "/favicon.ico") {
			b.troubles = append(b.troubles, "the page requests "+url)
		}
	}
}

// patience is the timeout of actions. It is far above the duration of any action.
const patience = time.Minute

// Do runs actions in the page.
func (b *Browser) Do(t testing.TB, actions ...chromedp.Action) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b, patience)
	defer cancel()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// Troubles returns the page's errors and warnings, and its requests for other URLs.
func (b *Browser) Troubles() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.troubles
}

// Ask evaluates an expression in the page and returns its value. It awaits promises.
func Ask[T any](t testing.TB, b *Browser, expression string) (value T) {
	t.Helper()
	b.Do(t, chromedp.Evaluate(expression, &value, chromedp.EvalAsValue,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
			return p.WithAwaitPromise(true)
		}))
	return value
}

// Faults returns the serious findings of axe, an accessibility checker, which is installed in dir.
func Faults(t testing.TB, b *Browser, dir string) []string {
	t.Helper()
	axe, err := os.ReadFile(filepath.Join(dir, "node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Skipf("axe-core is not installed (npm ci --ignore-scripts --prefix %s): %v", dir, err)
	}
	b.Do(t, chromedp.Evaluate(string(axe), nil))
	return Ask[[]string](t, b, `axe.run().then(r => r.violations
		.filter(v => v.impact === "serious" || v.impact === "critical")
		.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html).join(" ")))`)
}

// Picture writes a screenshot to the file, unless file is "".
func Picture(t testing.TB, b *Browser, file string) {
	t.Helper()
	if file == "" {
		return
	}
	var png []byte
	b.Do(t, chromedp.CaptureScreenshot(&png))
	if err := os.WriteFile(file, png, 0o644); err != nil {
		t.Fatal(err)
	}
}
