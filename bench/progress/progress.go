// Package progress shows how far a run or a calibration is: a bar on a terminal, lines elsewhere.
package progress

import (
	"fmt"
	"io"
	"math"
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

// Display shows how far a run is: a bar on a terminal; elsewhere a line for each start of the targets, and one when
// half of the run is done. It is drawn between blocks only; while one is measured nothing moves.
type Display struct {
	to     io.Writer
	plan   plan.Plan
	bar    *progressbar.ProgressBar // nil if not on a terminal
	every  int                      // starts are told of
	group  int
	share  float64 // shown by the bar, which never goes back
	halved bool    // the line of half the run is printed, or not wanted
}

// barSteps is how finely the bar moves.
const barSteps = 1000

// New returns one of a run with this plan, or, if that is empty, of a calibration.
func New(to io.Writer, plan plan.Plan) *Display {
	p := &Display{to: to, plan: plan, every: 1, group: -1}
	predicted := len(plan.Cells) > 0
	if plan.Check != nil { // which starts the targets all the time
		p.every, p.halved = sequential.StartsAtOnce, true
	}
	if f, ok := to.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bar = newBar(to, !predicted)
	}
	return p
}

// newBar returns a bar, which predicts by itself how long it takes if there is no better prediction.
func newBar(to io.Writer, predicts bool) *progressbar.ProgressBar {
	return progressbar.NewOptions(barSteps, progressbar.OptionSetWriter(to), progressbar.OptionClearOnFinish(),
		progressbar.OptionSetPredictTime(predicts), progressbar.OptionSetWidth(30), progressbar.OptionUseANSICodes(true))
}

// Announce prints how long the run will take.
func (p *Display) Announce(f run.Forecast) { p.Say(forecast(f, p.plan.Starts)) }

// forecast says how long a run takes, and how often its targets are started, of the number of starts planned.
func forecast(f run.Forecast, planned int) string {
	starts := fmt.Sprintf("%d starts of %s", f.Starts, units.Plural(f.Targets, "target"))
	if f.WarmUp > 0 {
		starts += fmt.Sprintf(" with %s of warm-up, which the budget does not count", span(f.WarmUp))
	}
	fewer := ""
	if f.Starts < planned {
		fewer = fmt.Sprintf(", fewer than %d because the budget is short", planned)
	}
	switch {
	case f.Least > 0:
		return fmt.Sprintf("searching for %s to %s, longer where visits are disturbed: %s", span(f.Least), span(f.Total),
			starts+fewer)
	case f.Max == 0:
		return fmt.Sprintf("measuring for about %s: %s", span(f.Total), starts)
	case f.Total <= f.Max:
		return fmt.Sprintf("measuring for about %s (at most %s): %s%s", span(f.Total), span(f.Max), starts, fewer)
	}
	return fmt.Sprintf("measuring for about %s, more than twice the budget of %s: %s, each with a round of visits, which "+
		"takes about %s", span(f.Total), span((f.Max-f.WarmUp)/2), starts, span(f.Round))
}

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
			left(now.Left))
	case half:
		fmt.Fprintf(p.to, "measuring: %.0f%% done%s\n", now.Share*100, left(now.Left))
	}
}

// description is what the bar says: the cell that is visited, and how long the run takes still.
func description(now run.Progress) string {
	return fmt.Sprintf("%-44.44s %13s", foreign.Line(now.Cell.String()), strings.TrimPrefix(left(now.Left), ", "))
}

// ShowCalibration shows how far a calibration is: off a terminal, a line for each property.
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

// left says how long it takes still, if that can be told.
func left(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf(", %s left", span(d))
}

// span prints a length of time, rounded by a twentieth of it or less, or to a tenth of a second.
func span(d time.Duration) string {
	n, unit, scale := d.Seconds(), "s", 10.
	for _, larger := range []string{"min", "h"} {
		if n >= 100 {
			n, unit = n/60, larger
		}
	}
	if n >= 10 && unit == "s" {
		scale = 1
	}
	return fmt.Sprintf("%g %s", math.Round(n*scale)/scale, unit)
}

// Say prints a line in the bar's place. It may be called at any time.
func (p *Display) Say(text string) {
	if p.bar != nil {
		p.bar.Clear()
	}
	fmt.Fprintln(p.to, foreign.Text(text))
}

func (p *Display) End() {
	if p.bar != nil {
		p.bar.Finish()
	}
}
