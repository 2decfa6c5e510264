// Package sequential decides whether a candidate is worse than its base, and how sure that is: from the log ratios of
// pairs of blocks, and nothing else. Which metrics there are and where they come from is for package analysis to know;
// this one does not measure, read or print.
//
// The unit is a start of the targets, not the pair: two starts of the same program can differ, by the layout of memory
// or of a disk's cache, and then signs of pairs are no fair coins. For two identical programs the sign of a start's
// estimate is one, whatever the noise does.
package sequential

import "slices"

// A Rule is what counts as worse, and how often the decision may be wrong.
type Rule struct {
	Margin    float64 // so much more is no regression; 0.03 is 3 %. It is that of the control, too
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

// Starts of the targets come in stages. After each there is a look, at which the decision may fall.
const (
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
	Gates   []Series  // equally long
	Slack   []float64 // of each gate, by how much its zero may be off, as a logarithm; nil means not at all
	Margins []float64 // of each gate; nil means Rule.Margin of all
	Control Series    // the candidate, delayed by MustCatch, over the candidate; nil if there is none
	Ended   bool      // there will be no more
}

// Verdict is what a decision came to.
type Verdict int

// Verdicts.
const (
	Open         Verdict = iota // more is needed, and can be had
	Pass                        // less than MustCatch, and no alarm
	Regression                  // more than Margin, and confirmed
	Inconclusive                // there will be no more, and it is not enough
)

// A Judgement is the decision, and how far it is.
type Judgement struct {
	Verdict
	Gates   []GateResult
	Control GateResult // Regressed means that it was found
	// Screened is how many starts were judged until an alarm or the end, and Confirming how many after an alarm.
	Screened, Confirming int
	Alarmed              bool
	Stage                int // of the start that comes next: it lasts twice as long as in the stage before
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
	c := r.control(d)
	first := r.part(d, c, 0, nil)
	j := first.judgement
	if first.alarmed == nil {
		return j
	}
	second := r.part(d, c, first.starts, first.alarmed) // by itself: what alarmed by chance will not do so again
	if second.starts > 0 {
		j = second.judgement
	}
	j.Verdict, j.Stage = second.judgement.Verdict, second.judgement.Stage
	j.Alarmed, j.Screened, j.Confirming = true, first.starts, second.starts
	if second.alarmed != nil {
		j.Verdict = Regression
	}
	return j
}

// A part of a check screens, or confirms an alarm.
type part struct {
	judgement Judgement
	starts    int   // that it took
	alarmed   []int // gates
}

// part judges the starts from begin on, until one of the looks decides. Only the suspects can alarm; nil means all.
func (r Rule) part(d Data, c controlTest, begin int, suspects []int) part {
	confirms := suspects != nil
	share := ofPass
	if confirms {
		share = ofSecondPass
	}
	looks := looksAt(d.starts()-begin, d.Ended)
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
	before := begin / StartsAtOnce // looks; they fall together, as a part ends at one
	for k, look := range looks {
		control := c.result(before+k, begin+look.at)
		alarmed := r.holm(tests, suspects, k)
		end := part{Judgement{Control: control, Screened: look.at}, look.at, alarmed}
		switch {
		case alarmed != nil && (control.Regressed || !confirms):
		case alarmed == nil && control.Regressed && !slices.ContainsFunc(tests, func(t *flipTest) bool { return !t.bounded(k) }):
			end.judgement.Verdict = Pass
		default:
			continue
		}
		end.addResults(tests, k)
		return end
	}
	starts := d.starts() - begin
	control := c.result(before+len(looks)-1, begin+starts)
	end := part{Judgement{Control: control, Screened: starts}, starts, nil}
	if d.Ended {
		end.judgement.Verdict = Inconclusive
	}
	end.addResults(tests, len(looks)-1)
	return end
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
	for i, t := range tests {
		f := t.result(p.starts)
		f.Regressed, f.Bounded = slices.Contains(p.alarmed, i), t.bounded(k)
		p.judgement.Gates = append(p.judgement.Gates, f)
	}
}

// A controlTest tests whether the delayed candidate is found, by the starts of both parts. It is nil if there is none.
type controlTest struct{ *flipTest }

func (r Rule) control(d Data) controlTest {
	if d.Control == nil {
		return controlTest{}
	}
	return controlTest{r.test(d.Control, looksAt(d.starts(), d.Ended))}
}

// result is that of the first so many starts, of which k is the last look.
func (c controlTest) result(k, starts int) GateResult {
	if c.flipTest == nil {
		return GateResult{Regressed: true}
	}
	f := c.flipTest.result(starts)
	f.Regressed = c.regressed(k, c.rule.Alpha)
	return f
}

// A look is a moment at which the decision may fall: after so many starts, when so much of the error may have been
// spent.
type look struct {
	at    int
	spent float64
}

// looksAt spends half of the error at the first look, and half of what is left at each further one: the number of looks
// depends on the time that there is. At the end there is a look with all that is left. Where a usual one falls there,
// too, it comes first: what decided while it went on decides for ever.
func looksAt(starts int, ended bool) []look {
	var looks []look
	spent := 0.0
	for at := StartsAtOnce; at <= starts; at += StartsAtOnce {
		spent += (1 - spent) / 2
		looks = append(looks, look{at, spent})
	}
	if ended && starts > 0 {
		looks = append(looks, look{starts, 1})
	}
	return looks
}

// holm lists the suspects that are above the margin at one of the looks up to k, at the level of all together: while
// one is at its share of the level, the others have a larger one. Source: Holm 1979; for several looks Maurer and Bretz
// 2013, Multiple testing in group sequential trials using graphical approaches.
func (r Rule) holm(tests []*flipTest, suspects []int, k int) []int {
	var found []int
	for left := slices.Clone(suspects); ; {
		at := slices.IndexFunc(left, func(i int) bool { return tests[i].regressed(k, r.Alpha/float64(len(left))) })
		if at < 0 {
			slices.Sort(found)
			return found
		}
		found = append(found, left[at])
		left = slices.Delete(left, at, at+1)
	}
}
