// Package progress shows the progress of a run or a calibration: a bar on a terminal, lines elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"forktax/bench/calibrate"
	"forktax/bench/foreign"
	"forktax/bench/plan"
	"forktax/bench/run"
	"forktax/bench/stats/sequential"
	"forktax/bench/units"
)

// A Display shows the progress of a run: on a terminal as a bar, elsewhere as a line for each start of the targets and
// one when half of the run is done. It is updated only between blocks, so that it does not disturb measurements.
type Display struct {
	to     io.Writer
	plan   plan.Plan
	bar    *progressbar.ProgressBar // nil if not on a terminal
	every  int                      // every n-th start gets a line
	group  int
	share  float64 // share of the run shown by the bar, which never decreases
	halved bool    // the line for half of the run is printed, or not needed
}

// leastWidth is the number of columns that a terminal needs for the bar. A longer line would be left behind at each
// update.
const leastWidth = 70

// barSteps is the number of steps of the bar.
const barSteps = 1000

// New returns a Display of a run with this plan, or of a calibration if the plan is empty.
func New(to io.Writer, plan plan.Plan) *Display {
	p := &Display{to: to, plan: plan, every: 1, group: -1}
	predicted := len(plan.Cells) > 0
	if plan.Check != nil { // a check starts the targets very often
		p.every, p.halved = sequential.StartsAtOnce, true
	}
	if plan.Cold { // its starts are counted as blocks
		p.group = 0
	}
	if f, ok := to.(*os.File); ok && os.Getenv("TERM") != "dumb" {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width >= leastWidth {
			p.bar = newBar(to, !predicted)
		}
	}
	return p
}

// newBar returns a bar. If predicts is set, the bar shows its own prediction of the remaining time, since
// there is no better one.
func newBar(to io.Writer, predicts bool) *progressbar.ProgressBar {
	return progressbar.NewOptions(barSteps, progressbar.OptionSetWriter(to), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(predicts), progressbar.OptionSetWidth(30), progressbar.OptionUseANSICodes(true))
}

// Announce prints the expected duration of the run.
func (p *Display) Announce(f run.Forecast) { p.Say(forecast(f, p.plan.Starts)) }

// forecast returns the expected duration of a run and number of starts. Planned is the planned number of starts.
func forecast(f run.Forecast, planned int) string {
	starts := fmt.Sprintf("%d starts of %s", f.Starts, units.Plural(f.Targets, "target"))
	if f.WarmUp > 0 {
		starts += fmt.Sprintf(" with %s of warm-up (not counted in the budget)", units.Span(f.WarmUp))
	}
	fewer := ""
	if f.Starts < planned {
		fewer = fmt.Sprintf(", fewer than %d because the budget is short", planned)
	}
	switch {
	case f.Least > 0 && f.Total <= f.Least:
		return fmt.Sprintf("searching for about %s, longer if visits are disturbed: %s", units.Span(f.Total),
			starts+fewer)
	case f.Least > 0:
		return fmt.Sprintf("searching for %s to %s, longer if visits are disturbed: %s", units.Span(f.Least),
			units.Span(f.Total), starts+fewer)
	case f.Max == 0:
		return fmt.Sprintf("measuring for about %s: %s", units.Span(f.Total), starts)
	case f.Total <= f.Max:
		return fmt.Sprintf("measuring for about %s (at most %s): %s%s", units.Span(f.Total), units.Span(f.Max), starts, fewer)
	}
	return fmt.Sprintf("measuring for about %s, more than twice the budget of %s: %s, each with a round of visits of "+
		"about %s", units.Span(f.Total), units.Span((f.Max-f.WarmUp)/2), starts, units.Span(f.Round))
}

// Show shows the progress of a run.
func (p *Display) Show(now run.Progress) {
	if p.bar != nil {
		p.share = max(p.share, now.Share)
		p.bar.Describe(description(now))
		p.bar.Set(int(p.share * barSteps))
		return
	}
	half := !p.halved && now.Share >= 0.5 && now.Left > 0
	p.halved = p.halved || half
	switch {
	case now.Start != p.group && now.Start%p.every == 0:
		p.group = now.Start
		fmt.Fprintf(p.to, "measuring: %.0f%% done, targets started %s%s\n", now.Share*100, units.Times(now.Start+1),
			p.left(now.Left))
	case half:
		fmt.Fprintf(p.to, "measuring: %.0f%% done%s\n", now.Share*100, p.left(now.Left))
	}
}

// description returns the text of the bar: the visited cell, and the remaining time.
func description(now run.Progress) string {
	return fmt.Sprintf("%-44.44s %13s", foreign.Line(now.Cell.String()), strings.TrimPrefix(left(now.Left), ", "))
}

// ShowCalibration shows the progress of a calibration; if not on a terminal, as a line for each property.
func (p *Display) ShowCalibration(now calibrate.Progress) {
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("%-44.44s", fmt.Sprintf("%s (%d of %d)", now.Property, now.Number, now.Of)))
		p.bar.Set(int(now.Share * barSteps))
		return
	}
	if now.Number != p.group {
		p.group = now.Number
		fmt.Fprintf(p.to, "calibrating: %.0f%% done, %s (%d of %d)%s\n", now.Share*100, now.Property, now.Number, now.Of,
			left(now.Left))
	}
}

// left returns the remaining time as text. For a check that is the longest possible time.
func (p *Display) left(d time.Duration) string {
	if p.plan.Check != nil {
		return strings.Replace(left(d), ", ", ", at most ", 1)
	}
	return left(d)
}

// left returns the remaining time as text, or "" if it is not known.
func left(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(", %s left", units.Span(d))
}

// Say replaces the bar by a line of text. It may be called at any time.
func (p *Display) Say(text string) {
	if p.bar != nil {
		p.bar.Clear()
	}
	fmt.Fprintln(p.to, foreign.Text(text))
}

// End removes the bar.
func (p *Display) End() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
