// Package sequential decides whether a candidate is worse than its base, and how sure that is: from the log ratios of
// pairs of blocks, and nothing else. Which metrics there are and where they come from is for package analysis to know;
// this one does not measure, read or print.
//
// The unit is a start of the targets, not the pair: two starts of the same program can differ, by the layout of memory
// or of a disk's cache, and then signs of pairs are no fair coins. For two identical programs the sign of a start's
// estimate is one, whatever the noise does.
package sequential

import (
	"math"
	"slices"
)

// A Rule is what counts as worse, and how often the decision may be wrong.
type Rule struct {
	Margin    float64 // so much more is no regression; 0.03 is 3 %.
	MustCatch float64 // a pass says that it is less than this; above Margin
	Alpha     float64 // the rate of false alarms over all gates, and of false passes for each; between 0 and 0.5
	Seed      uint64  // of the signs that are drawn
	Draws     int     // of signs; 0 means 32,768, or as many more as a small level takes
}

// Defaults of Rule.
const (
	DefaultMargin    = 0.03
	DefaultMustCatch = 0.10
	DefaultAlpha     = 0.01
)

// Starts of the targets come in stages. After each there is a look, at which the decision may fall, and one more in the
// first stage.
const (
	// FirstLook is how many starts the first look takes: of 8 coins the most unlikely fall has 1 in 256, which is enough
	// for a pass.
	FirstLook = 8
	// StartsAtOnce is how many there are in a stage: of 16 coins the most unlikely fall has 1 in 65,536, which is
	// enough for an alarm by one of ten gates at half of 1 %.
	StartsAtOnce = 16
	// LongestStage is the stage from which starts get no longer: then the targets do not live for much longer than it
	// takes to start them, and a start of theirs is still one of many.
	LongestStage = 5
)

// A Series holds, for each start of the targets in their order, the logarithms of cost of the candidate over that of
// the base, one for each pair of blocks. A start of which nothing is valid is empty.
type Series [][]float64

// Data is what there is to decide by.
type Data struct {
	Gates     []Series  // equally long
	Secondary []bool    // gates that may alarm, but need not be bounded for a pass; nil means none
	Margins   []float64 // of each gate; nil means Rule.Margin of all
	Slack     []float64 // of each gate, by how much its zero may be off, as a logarithm; nil means not at all
	// Controls are the candidate, delayed by MustCatch, over the candidate: by each gate that can show it. There is no
	// control if it is nil.
	Controls []Series
	// Screened is after how many starts the time to screen was over, so that later ones only confirm an alarm; 0 means
	// that it was not.
	Screened int
	Ended    bool // there will be no more
}

// Verdict is what a decision came to.
type Verdict int

// Verdicts.
const (
	Open         Verdict = iota // more is needed, and can be had
	Pass                        // less than MustCatch, and no alarm
	Regression                  // more than Margin, and confirmed
	Inconclusive                // there will be no more, and it is not enough
	Unconfirmed                 // more than Margin, and there will be no more to confirm it
)

// A Judgement is the decision, and how far it is.
type Judgement struct {
	Verdict
	Gates    []GateResult
	Suspects []int      // gates that alarmed
	Control  GateResult // Regressed means that it was found
	ShownBy  int        // which of the controls that is
	// Screened is how many starts were judged until an alarm or the end, and Confirming how many after an alarm.
	Screened, Confirming int
	Alarmed              bool
	Stage                int // of the start that comes next: it lasts twice as long as in the stage before
	NextLook             int // after how many starts the next look is
}

// After an alarm has not been confirmed, a pass has to be surer: it has a tenth of alpha, and one without an alarm the
// rest, so that both together are no more often wrong than alpha.
const (
	ofPass       = 0.9
	ofSecondPass = 0.1
)

// A GateResult is what is known of one gate, from the part of the data that decides: that after an alarm, if there was
// one.
type GateResult struct {
	Regressed bool // it is more than its margin
	Bounded   bool // it is less than MustCatch
	Estimate  float64
	Error     float64 // standard error of the estimate, both in logarithms; NaN if there is too little
	P         float64 // one-sided, of the hypothesis that it is at most its margin, not adjusted for looks and other gates
}

// Judge decides. It depends on nothing but its arguments, so a run can be judged while it goes on and ever after. All
// gates have as many starts as the first.
func (r Rule) Judge(d Data) Judgement {
	first := r.part(d, nil, 0, nil, nil)
	j := first.judgement
	if first.alarmed == nil {
		return j
	}
	// A second part by itself: what alarmed by chance will not do so again.
	weights := r.confirmWeights(d, j.Gates, first.alarmed)
	second := r.part(d, first.looks, first.starts, first.alarmed, weights)
	if second.starts > 0 {
		j = second.judgement
	}
	j.Verdict, j.Stage, j.NextLook = second.judgement.Verdict, second.judgement.Stage, second.judgement.NextLook
	j.Alarmed, j.Suspects, j.Screened, j.Confirming = true, first.alarmed, first.starts, second.starts
	switch {
	case second.alarmed != nil:
		j.Verdict = Regression
	case j.Verdict == Inconclusive:
		j.Verdict = Unconfirmed
	}
	return j
}

// A part of a check screens, or confirms an alarm.
type part struct {
	judgement Judgement
	starts    int   // that it took
	looks     []int // that it took, by the starts of the whole check
	alarmed   []int // gates
}

// part judges the starts from begin on, until one of the looks decides; before are the looks of the part before. Only
// the suspects can alarm, and their weights deal alpha out; nil means all, evenly.
func (r Rule) part(d Data, before []int, begin int, suspects []int, weights map[int]float64) part {
	confirms := suspects != nil
	share := ofPass
	starts, ended := d.starts()-begin, d.Ended
	if confirms {
		share = ofSecondPass
	} else if d.Screened > 0 {
		starts, ended = min(starts, d.Screened), true
	}
	looks := looksAt(starts, confirms, ended)
	at := slices.Clone(before) // of looks, by the starts of the check
	for _, look := range looks {
		at = append(at, begin+look.at)
	}
	controls := r.controls(d, at, ended)
	var tests []*flipTest
	for i, s := range d.Gates {
		t := r.test(s[min(begin, len(s)):], looks)
		t.passes = share * r.Alpha
		if d.Slack != nil {
			t.slack = d.Slack[i]
		}
		if d.Margins != nil {
			t.margin = d.Margins[i]
		}
		tests = append(tests, t)
		if !confirms {
			suspects = append(suspects, i)
		}
	}
	for k, look := range looks {
		control, by := controls.result(len(before)+k, begin+look.at)
		alarmed := r.holm(tests, suspects, weights, k)
		end := part{Judgement{Control: control, ShownBy: by, Screened: look.at}, look.at, at[:len(before)+k+1], alarmed}
		switch {
		case alarmed != nil: // without a control, which is to prove that a pass means something
		case alarmed == nil && control.Regressed && r.mayPass(d, tests, k):
			end.judgement.Verdict = Pass
		default:
			continue
		}
		end.addResults(tests, k)
		return end
	}
	control, by := controls.result(len(at)-1, begin+starts)
	end := part{Judgement{Control: control, ShownBy: by, Screened: starts}, starts, at, nil}
	if ended {
		end.judgement.Verdict = Inconclusive
	}
	end.addResults(tests, len(looks)-1)
	end.judgement.NextLook += begin
	return end
}

// mayPass reports whether each gate that decides is below what must be caught at one of the looks up to k. If all are
// secondary, all decide. At the first look, at which hardly one can alarm, none may seem to be above its margin, and no
// secondary one above what must be caught.
func (r Rule) mayPass(d Data, tests []*flipTest, k int) bool {
	for i, t := range tests {
		most := t.margin
		if !d.Decides(i) {
			most = r.MustCatch
		} else if !t.bounded(k) {
			return false
		}
		if k == 0 && t.result(FirstLook).Estimate > math.Log1p(most) {
			return false
		}
	}
	return true
}

// Decides reports whether a pass needs the gate.
func (d Data) Decides(gate int) bool {
	return d.Secondary == nil || !d.Secondary[gate] || !slices.Contains(d.Secondary, false)
}

// starts is how many there were.
func (d Data) starts() int {
	starts := 0
	for _, s := range d.Gates {
		starts = max(starts, len(s))
	}
	return starts
}

// addResults adds what the tests found in the starts of the part, until look k.
func (p *part) addResults(tests []*flipTest, k int) {
	p.judgement.Stage = min(p.starts/StartsAtOnce, LongestStage)
	p.judgement.NextLook = NextLook(p.starts)
	for i, t := range tests {
		f := t.result(p.starts)
		f.Regressed, f.Bounded = slices.Contains(p.alarmed, i), t.bounded(k)
		p.judgement.Gates = append(p.judgement.Gates, f)
	}
}

// controlTests test whether the delayed candidate is slower than the candidate, by the starts of both parts: by one of
// the gates that can show it.
type controlTests []*flipTest

func (r Rule) controls(d Data, at []int, ended bool) (tests controlTests) {
	r.Margin = 0
	var looks []look
	spent := 0.0
	for i, starts := range at {
		if spent += (1 - spent) / 2; ended && i == len(at)-1 {
			spent = 1
		}
		looks = append(looks, look{starts, spent, spent})
	}
	for _, s := range d.Controls {
		tests = append(tests, r.test(s, looks))
	}
	return tests
}

// result is that of the first so many starts, of which k is the last look, by the control that is found, or else by the
// first.
func (c controlTests) result(k, starts int) (found GateResult, by int) {
	if len(c) == 0 {
		return GateResult{Regressed: true}, 0
	}
	for i, t := range c {
		if t.regressed(k, t.rule.Alpha) {
			found, by = t.result(starts), i
			found.Regressed = true
			return found, by
		}
	}
	return c[0].result(starts), 0
}

// A look is a moment at which the decision may fall: after so many starts, when so much of the error of an alarm may
// have been spent, and of a pass.
type look struct {
	at            int
	alarm, passed float64
}

// looksAt spends half of the error at the first look, and half of what is left at each further one: the number of looks
// depends on the time that there is. A first alarm among several gates is too much for the coins of the first look, so
// that it has its half at the second; one that is to be confirmed is not. At the end there is a look with all that is
// left. Where a usual one falls there, too, it comes first: what decided while it went on decides for ever.
func looksAt(starts int, confirms, ended bool) []look {
	var looks []look
	alarm, passed := 0.0, 0.0
	for at := FirstLook; at <= starts; at = NextLook(at) {
		passed += (1 - passed) / 2
		if at > FirstLook || confirms {
			alarm += (1 - alarm) / 2
		}
		looks = append(looks, look{at, alarm, passed})
	}
	if ended && starts > 0 {
		looks = append(looks, look{starts, 1, 1})
	}
	return looks
}

// NextLook is after how many starts the look is that follows so many.
func NextLook(starts int) int {
	if starts < FirstLook {
		return FirstLook
	}
	return (starts/StartsAtOnce + 1) * StartsAtOnce
}

// holm lists the suspects that are above the margin at one of the looks up to k, at the level of all together: while
// one is at its share of the level, the others have a larger one. The weights deal the level out; nil means evenly.
// Source: Holm 1979, with weights; for several looks Maurer and Bretz 2013, Multiple testing in group sequential trials
// using graphical approaches.
func (r Rule) holm(tests []*flipTest, suspects []int, weights map[int]float64, k int) []int {
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	var found []int
	for left := slices.Clone(suspects); ; {
		var sum float64
		for _, i := range left {
			sum += weight(i)
		}
		at := slices.IndexFunc(left, func(i int) bool { return tests[i].regressed(k, r.Alpha*weight(i)/sum) })
		if at < 0 {
			slices.Sort(found)
			return found
		}
		found = append(found, left[at])
		left = slices.Delete(left, at, at+1)
	}
}

// ofStrongest is the share of alpha that the strongest suspect has when an alarm is confirmed. So it can be confirmed at
// the first look, however many other gates alarmed with it.
const ofStrongest = 0.9

// confirmWeights deals alpha out to the suspects: by what was found of all gates when they alarmed, which new data do not
// depend on. The strongest is the one that is the most standard errors above its margin, a primary one if there is one.
func (r Rule) confirmWeights(d Data, gates []GateResult, suspects []int) map[int]float64 {
	strongest, most := suspects[0], math.Inf(-1)
	primary := slices.ContainsFunc(suspects, d.Decides)
	for _, i := range suspects {
		margin := r.Margin
		if d.Margins != nil {
			margin = d.Margins[i]
		}
		above := (gates[i].Estimate - math.Log1p(margin)) / gates[i].Error
		if (d.Decides(i) || !primary) && above > most {
			strongest, most = i, above
		}
	}
	weights := map[int]float64{}
	for _, i := range suspects {
		weights[i] = (1 - ofStrongest) / float64(max(len(suspects)-1, 1))
	}
	weights[strongest] = ofStrongest
	return weights
}
