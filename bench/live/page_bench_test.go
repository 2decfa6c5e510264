package live

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"forktax/bench/browsertest"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/workload/contract"
)

// oneProgram is a backend with one program.
type oneProgram struct {
	subject.Program
	subject.Launcher
}

func (o oneProgram) Choices() []Choice {
	return []Choice{{Name: o.Program.Name, Models: []string{"cgi", plan.Baseline}}}
}

func (o oneProgram) Launch(ctx context.Context, s Setup, side int) (*subject.Target, contract.Request, func() error,
	error) {
	t, stop, err := o.Serve(ctx, o.Program, subject.Variant{Model: s.Models[side]})
	return t, o.Requests[0], stop, err
}

// BenchmarkLooking measures how much throughput a persistent server loses if the page is open in a browser on the
// same machine. Each iteration is a pair of 2 s blocks, with and without the page. The other side is cgi, the initial
// setting of the page, or persistent, which makes throughput steadier. Run it alone, with -benchtime 60x.
func BenchmarkLooking(b *testing.B) {
	p, err := subject.Describe(b.Context(), filepath.Join(programtest.Build(b, "forktax-hello"), "forktax-hello"))
	if err != nil {
		b.Fatal(err)
	}
	stage := oneProgram{p, subject.Launcher{Dir: b.TempDir()}}
	for _, beside := range stage.Choices()[0].Models {
		b.Run("beside="+beside, func(b *testing.B) {
			session, err := NewSession(stage, load.Engines, load.Default,
				Setup{Workload: p.Name, Models: [2]string{beside, plan.Baseline}, Clients: 4})
			if err != nil {
				b.Fatal(err)
			}
			defer session.Close()
			watchPage(b, session)
		})
	}
}

func watchPage(b *testing.B, session *Session) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	server := NewServer(session, ln.Addr())
	go http.Serve(ln, server.Handler())
	session.addViewer() // keeps it running while no page is open
	defer session.removeViewer()
	if session.current == nil {
		b.Fatal(session.failure)
	}
	url := "http://" + ln.Addr().String() + server.Path()
	browser := browsertest.Open(b, url)
	resident := session.current.sides[1]
	throughput := func(page string) float64 {
		browser.Do(b, chromedp.Navigate(page))
		time.Sleep(time.Second) // until the load runs
		if state := browsertest.Ask[string](b, browser,
			`document.getElementById("state")?.textContent ?? ""`); (state == "running") != (page == url) {
			b.Fatalf("%s is %q", page, state)
		}
		begin, before := time.Now(), resident.answered()
		time.Sleep(2 * time.Second)
		return float64(resident.answered()-before) / time.Since(begin).Seconds()
	}
	pages := [2]string{url, "about:blank"}
	var changes []float64 // change in throughput because of the page, in %
	for i := range b.N {
		var rps [2]float64
		for _, j := range [2]int{i % 2, 1 - i%2} {
			rps[j] = throughput(pages[j])
		}
		changes = append(changes, 100*(rps[0]/rps[1]-1))
	}
	for _, trouble := range browser.Troubles() {
		b.Error(trouble)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(stats.HodgesLehmann(changes), "%")
	if interval, ok := stats.SignedRank(changes, 0.95); ok {
		b.ReportMetric(interval.Low, "%low")
		b.ReportMetric(interval.High, "%high")
	}
}

// answered returns the number of correct responses.
func (s *side) answered() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}
