// Package sequential decides whether a candidate is worse than its base, from the log ratios of pairs of blocks. It
// does not measure, read or print, and has no notion of metrics; package analysis has.
//
// The unit is a start of the targets, not the pair. Two starts of the same program can differ, because of the layout of
// memory or of a disk's cache, and then the signs of pairs are not fair coins. For two identical programs the sign of a
// start's estimate is a fair coin, whatever the noise does.
package sequential

import (
	"math"
	"slices"
)

// A Rule defines a regression and the error rates of the decision.
type Rule struct {
	Margin    float64 // largest increase that is not a regression; 0.03 is 3%
	MustCatch float64 // increase that a pass excludes; greater than Margin
	Alpha     float64 // rate of false alarms over all gates, and of false passes for each gate; between 0 and 0.5
	Seed      uint64  // seed of the random signs
	Draws     int     // number of random signs per start; 0 means 32,768, or more for a small level
}

// Defaults of Rule.
const (
	DefaultMargin    = 0.03
	DefaultMustCatch = 0.10
	DefaultAlpha     = 0.01
)

// Starts of the targets come in stages. After each stage there is a look, at which the test may decide. The first stage
// has an additional look.
const (
	// FirstLook is the number of starts at the first look. The least likely outcome of 8 coins has a probability of 1 in
	// 256, which suffices for a pass.
	FirstLook = 8
	// StartsAtOnce is the number of starts in a stage. The least likely outcome of 16 coins has a probability of 1 in
	// 65,536, which suffices for an alarm of one of ten gates at half of 1%.
	StartsAtOnce = 16
	// LongestStage is the stage from which starts are not longer than in the stage before. Their targets live about as
	// long as they take to start, and there are still many starts.
	LongestStage = 5
)

// A Series holds the log ratios of cost, candidate over base: one slice for each start of the targets, in order, with a
// value for each pair of blocks. A start without a valid pair is empty.
type Series [][]float64

// Data is the input of a decision.
type Data struct {
	Gates     []Series  // gates, of equal length
	Secondary []bool    // whether each gate may alarm but need not be bounded for a pass; nil means none
	Margins   []float64 // margin of each gate; nil means Rule.Margin for all
	Slack     []float64 // possible error of the zero of each gate, as a logarithm; nil means 0
	// Controls hold the log ratios of the candidate delayed by MustCatch over the candidate, for each gate that can show
	// the delay; nil means that there is no control.
	Controls []Series
	// Screened is the number of starts when the time to screen was over. Later starts only confirm an alarm. 0 means that
	// it is not over.
	Screened int
	Ended    bool // no more starts will follow
}

// Verdict is the result of a decision.
type Verdict int

// Verdicts.
const (
	Open         Verdict = iota // undecided; more starts follow
	Pass                        // less than MustCatch, and no alarm
	Regression                  // more than Margin, and confirmed
	Inconclusive                // undecided, and no more starts follow
	Unconfirmed                 // more than Margin, and no more starts follow to confirm it
)

// A Judgement is a verdict with its details.
type Judgement struct {
	Verdict
	Gates    []GateResult
	Suspects []int      // indices of the gates that alarmed
	Control  GateResult // Regressed means that the control was found
	ShownBy  int        // index of the control with that result
	// Screened is the number of starts judged until an alarm or the end, and Confirming the number after an alarm.
	Screened, Confirming int
	Alarmed              bool
	Stage                int // stage of the next start; starts last twice as long as in the stage before
	NextLook             int // number of starts at the next look
}

// A pass without an alarm has 0.9 of alpha, and a pass after an unconfirmed alarm the rest. So the error rate of both
// together is at most alpha.
const (
	ofPass       = 0.9
	ofSecondPass = 0.1
)

// A GateResult is the result for one gate from the part of the data that decides. After an alarm that is the part that
// follows it.
type GateResult struct {
	Regressed bool    // more than its margin
	Bounded   bool    // less than MustCatch
	Estimate  float64 // log ratio; NaN without data
	Error     float64 // standard error of Estimate; NaN with too few data
	P         float64 // one-sided p of "at most its margin", not adjusted for looks and other gates
}

// Judge returns the judgement on the data. It depends only on its arguments, so a run can be judged while it goes on
// and at any time later. All gates have as many starts as the first.
func (r Rule) Judge(d Data) Judgement {
	first := r.part(d, nil, 0, nil, nil)
	j := first.judgement
	if first.alarmed == nil {
		return j
	}
	// The second part is judged separately: an alarm by chance is unlikely to occur again.
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

// A part is one of the two parts of a check: it screens, or it confirms an alarm.
type part struct {
	judgement Judgement
	starts    int   // number of starts used
	looks     []int // looks so far, as numbers of starts of the whole check
	alarmed   []int // indices of the gates that alarmed
}

// part judges the starts from begin on, until a look decides. Before has the looks of the part before. Only the
// suspects can alarm; nil means all gates. Alpha is divided among them by weights; nil means evenly.
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
	at := slices.Clone(before) // looks as numbers of starts of the whole check
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
		case alarmed != nil: // an alarm does not need the control, which validates passes only
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

// mayPass reports whether each primary gate is below MustCatch at one of the looks up to k. If all gates are secondary,
// all count as primary. At the first look, where hardly any gate can alarm, no primary estimate may be above its
// margin, and no secondary estimate above MustCatch.
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

// Decides reports whether a pass requires the gate to be bounded.
func (d Data) Decides(gate int) bool {
	return d.Secondary == nil || !d.Secondary[gate] || !slices.Contains(d.Secondary, false)
}

// starts returns the number of starts.
func (d Data) starts() int {
	starts := 0
	for _, s := range d.Gates {
		starts = max(starts, len(s))
	}
	return starts
}

// addResults adds the results of the tests on the starts of the part, until look k.
func (p *part) addResults(tests []*flipTest, k int) {
	p.judgement.Stage = min(p.starts/StartsAtOnce, LongestStage)
	p.judgement.NextLook = NextLook(p.starts)
	for i, t := range tests {
		f := t.result(p.starts)
		f.Regressed, f.Bounded = slices.Contains(p.alarmed, i), t.bounded(k)
		p.judgement.Gates = append(p.judgement.Gates, f)
	}
}

// controlTests test whether the delayed candidate is slower than the candidate, by the starts of both parts. One gate
// that shows it is enough.
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

// result returns the result of the control that was found, or else of the first control, for this number of starts. k
// is the last look. by is the index of that control.
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

// A look is a number of starts at which the test may decide.
type look struct {
	at            int     // number of starts
	alarm, passed float64 // share of the error for an alarm and for a pass that may be spent up to here
}

// looksAt returns the looks of a part with this number of starts. Half of the error is spent at the first look, and
// half of the rest at each further look, because the number of looks depends on the time available. The coins of the
// first look are too few for a first alarm among several gates, so its error is spent from the second look on; an alarm
// to be confirmed uses the first look, too. At the end there is a look with all of the rest. A regular look at the same
// number of starts comes before it, so that a decision made during the run stays.
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

// NextLook returns the number of starts at the first look after this number of starts.
func NextLook(starts int) int {
	if starts < FirstLook {
		return FirstLook
	}
	return (starts/StartsAtOnce + 1) * StartsAtOnce
}

// holm returns the suspects that are above their margin at one of the looks up to k, at a level for all together. Each
// suspect has a share of the level by its weight; nil means equal shares. The share of a suspect that is found passes
// to the others. Source: Holm 1979, with weights; for several looks Maurer and Bretz 2013, Multiple testing in group
// sequential trials using graphical approaches.
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

// ofStrongest is the share of alpha for the strongest suspect when an alarm is confirmed. So it can be confirmed at the
// first look, however many other gates alarmed with it.
const ofStrongest = 0.9

// confirmWeights divides alpha among the suspects by their results at the alarm, of which new data are independent. The
// strongest suspect is the one that is most standard errors above its margin; a primary gate if there is one.
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
