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

// A Browser is Chromium with a page open, which knows no names of hosts.
type Browser struct {
	context.Context
	mu       sync.Mutex
	own      string   // with what the addresses begin that the page may ask for
	troubles []string // what it complained of, and what it asked of others
}

// Open opens the page at the URL. Without Chromium the test is skipped, which CI does not allow.
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
	ctx, leave := chromedp.NewContext(ctx)
	t.Cleanup(leave)
	b := &Browser{Context: ctx, own: url}
	chromedp.ListenTarget(ctx, b.hear)
	if err := chromedp.Run(ctx); err != nil { // the browser lives as long as the context that it is started with
		t.Fatal(err)
	}
	b.Do(t, network.Enable(), log.Enable(), chromedp.Navigate(url))
	return b
}

func (b *Browser) hear(event any) {
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
			b.troubles = append(b.troubles, "it asks for "+url)
		}
	}
}

// patience is far above what anything takes that is done in a page.
const patience = time.Minute

// Do does things in the page.
func (b *Browser) Do(t testing.TB, actions ...chromedp.Action) {
	t.Helper()
	ctx, giveUp := context.WithTimeout(b, patience)
	defer giveUp()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// Troubles are what the page complained of, and what it asked of others.
func (b *Browser) Troubles() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.troubles
}

// Ask evaluates an expression in the page.
func Ask[T any](t testing.TB, b *Browser, expression string) (value T) {
	t.Helper()
	b.Do(t, chromedp.Evaluate(expression, &value, chromedp.EvalAsValue,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
			return p.WithAwaitPromise(true)
		}))
	return value
}

// Faults are the serious findings of axe, an accessibility checker. It is in the directory.
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

// Picture writes what is to be seen into the file, if that is named.
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
