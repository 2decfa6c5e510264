package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"forktax/bench"
	"forktax/bench/calibrate"
)

// progress shows how far a run is: a bar on a terminal, a line for each start of the targets elsewhere. It is drawn
// between blocks only; while one is measured nothing moves.
type progress struct {
	to    io.Writer
	bar   *progressbar.ProgressBar // nil if not on a terminal
	every int                      // starts are told of
	group int
}

// barSteps is how finely the bar moves.
const barSteps = 1000

func newProgress(to io.Writer) *progress {
	p := &progress{to: to, every: 1, group: -1}
	if f, ok := to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = progressbar.NewOptions(barSteps, progressbar.OptionSetWriter(to), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(30), progressbar.OptionUseANSICodes(true))
	}
	return p
}

func (p *progress) show(now bench.Progress) {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-44.44s", now.Cell))
		p.bar.Set(int(now.Share * barSteps))
		return
	}
	if now.Group != p.group && now.Group%p.every == 0 {
		p.group = now.Group
		fmt.Fprintf(p.to, "measuring: %.0f %% done, targets started %s%s\n", now.Share*100, times(now.Group+1), left(now))
	}
}

// calibrating shows how far a calibration is: off a terminal, a line for each property.
func (p *progress) calibrating(now calibrate.Progress) {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-44.44s", fmt.Sprintf("%s (%d of %d)", now.Property, now.Number, now.Of)))
		p.bar.Set(int(now.Share * barSteps))
		return
	}
	if now.Number != p.group {
		p.group = now.Number
		fmt.Fprintf(p.to, "calibrating: %.0f %% done, %s (%d of %d)%s\n", now.Share*100, now.Property, now.Number, now.Of,
			left(bench.Progress{Left: now.Left}))
	}
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// left says how long it takes still, once that can be told.
func left(now bench.Progress) string {
	if now.Left == 0 {
		return ""
	}
	return fmt.Sprintf(", %v left", now.Left.Round(time.Second))
}

// say prints a line in the bar's place. It may be called at any time.
func (p *progress) say(text string) {
	if p.bar != nil {
		p.bar.Clear()
	}
	fmt.Fprintln(p.to, text)
}

func (p *progress) end() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
