package calibrate

import (
	"fmt"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/stats"
	"forktax/bench/stats/sequential"
)

// A theft is a property of live checks while a thief runs: of identical programs and of a candidate that is 10% slower,
// in turn.
type theft struct {
	percent             int     // share of each core that the thief takes, in percent
	checks              int     // checks of each kind in a full calibration
	decided, decidedAim int     // thousandths of all checks that must have the right verdict
	found               int     // thousandths of the slower candidates that must be found; 0 sets no limit
	pass, passAim       float64 // limits of the median time to pass identical programs, in seconds; 0 is none
	slower, slowerAim   float64 // limits of the median time to find a slower candidate, in seconds; 0 is none
}

var thefts = []theft{
	{percent: 2, checks: 100, decided: 980, decidedAim: 995, found: 980, pass: 4, passAim: 2.5, slower: 8, slowerAim: 4},
	{percent: 5, checks: 100, decided: 980, decidedAim: 995, found: 980, pass: 10, passAim: 5, slower: 15, slowerAim: 8},
	{percent: 10, checks: 100, decided: 980, decidedAim: 995, found: 980, pass: 10, passAim: 5, slower: 15, slowerAim: 8},
	{percent: 20, checks: 50, decided: 900, decidedAim: 980},
}

// Limits of all thefts.
const (
	quickThefts = 2   // checks of each kind in a quick calibration; one check may be undecided
	falseThefts = 10  // thousandths of the checks of identical programs that may be false alarms
	leastTheft  = 0.5 // smallest part of its share that a thief must take for the checks to be judged
)

// thiefProperties returns the properties of live checks while a thief runs.
func thiefProperties() []Property {
	var all []Property
	for _, t := range thefts {
		all = append(all, Property{
			Name: fmt.Sprintf("thief-%d", t.percent),
			About: fmt.Sprintf("live checks with default options while another process takes %d%% of each core",
				t.percent),
			Must:     t.mustText(),
			Aim:      t.aimText(),
			Programs: []string{startupProgram},
			Duration: func(l *Lab) time.Duration { return time.Duration(2*pick(l, quickThefts, t.checks)) * 9 * time.Second },
			Checks:   t.checkSet,
		})
	}
	return all
}

func (t theft) mustText() string {
	text := fmt.Sprintf("%g%% correct verdicts (quick: all but one)", float64(t.decided)/10)
	if t.found > 0 {
		text += fmt.Sprintf(", %g%% of +10%% found", float64(t.found)/10)
	}
	text += fmt.Sprintf(", at most %g%% false alarms", float64(falseThefts)/10)
	if t.pass > 0 {
		text += fmt.Sprintf("; median times to pass %g s and to find %g s (full only)", t.pass, t.slower)
	}
	return text
}

func (t theft) aimText() string {
	text := fmt.Sprintf("%g%%, no false alarm", float64(t.decidedAim)/10)
	if t.pass > 0 {
		text += fmt.Sprintf("; %g s and %g s", t.passAim, t.slowerAim)
	}
	return text
}

func (t theft) checkSet(l *Lab) checkSet {
	return checkSet{name: fmt.Sprintf("thief-%d", t.percent), slower: []float64{0, 0.1}, margin: sequential.DefaultMargin,
		mustCatch: sequential.DefaultMustCatch, budget: time.Minute, n: 2 * pick(l, quickThefts, t.checks),
		theft: float64(t.percent) / 100, judge: func(all []CheckResult) Outcome { return t.judge(all, l.Full) }}
}

// judge judges all checks together, and each kind separately. The median times are over all checks of a kind, including
// the undecided ones, which take the longest.
func (t theft) judge(all []CheckResult, full bool) Outcome {
	alike, slower := byKind(all)
	alarms, found := countVerdict(alike, analysis.Regression), countVerdict(slower, analysis.Regression)
	decided := countVerdict(alike, analysis.Pass) + found
	atLeastOf := func(thousandths, n int) *Range {
		if !full {
			return atLeast(float64(n - 1))
		}
		return atLeast(float64((thousandths*n + 999) / 1000))
	}
	var mustFind, pass, passAim, slowerTime, slowerAim *Range
	if t.found > 0 {
		mustFind = atLeastOf(t.found, len(slower))
	}
	if t.pass > 0 {
		passAim, slowerAim = atMost(t.passAim), atMost(t.slowerAim)
	}
	if t.pass > 0 && full {
		pass, slowerTime = atMost(t.pass), atMost(t.slower)
	}
	took, stolen := t.stolen(all)
	o := newOutcome(verdictsText(all),
		shareMeasure("correct verdicts", decided, len(all), atLeastOf(t.decided, len(all)),
			atLeast(float64((t.decidedAim*len(all)+999)/1000))),
		shareMeasure("false alarms", alarms, len(alike), atMost(float64(falseThefts*len(alike)/1000)), atMost(0)),
		shareMeasure("+10% found", found, len(slower), mustFind, nil),
		timeMeasure("time of a check of identical programs, p50", alike, 0.5, pass, passAim),
		timeMeasure("time of a check of +10%, p50", slower, 0.5, slowerTime, slowerAim), took)
	if !stolen {
		o.Verdict, o.AimMet = Unjudged, nil
		o.Text += fmt.Sprintf(" The thief could not take its %d%% of each core.", t.percent)
	}
	return o
}

// stolen returns the share of each core that the thief took, and reports whether that is enough.
func (t theft) stolen(all []CheckResult) (Measure, bool) {
	var shares []float64
	for _, v := range all {
		shares = append(shares, 100*v.Stolen)
	}
	m := Measure{Name: "taken from each core, p50", Unit: "%", N: len(all), Of: "checks", Value: stats.Median(shares)}
	return m, m.Value >= leastTheft*float64(t.percent)
}

// countVerdict returns the number of checks with the verdict.
func countVerdict(all []CheckResult, verdict string) int {
	n := 0
	for _, v := range all {
		if v.Verdict == verdict {
			n++
		}
	}
	return n
}
