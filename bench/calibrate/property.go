package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// Verdicts of a property.
const (
	Passed     = "pass"
	Failed     = "fail"
	Unjudged   = "not judged"   // too noisy or too little for it; it may be measured again
	Unmeasured = "not measured" // something that it needs is not there
	Skipped    = "skipped"      // likewise, and the certificate can do without; it is tried again
	Partial    = "part"         // it is judged when the parts of a calibration are merged
)

// A Property is something that must hold of the harness, and how it is measured.
type Property struct {
	Name          string
	About         string // in a sentence
	Must          string // the limit, for people
	Aim           string // what would be better still; "" if nothing would
	ForComparison bool   // it is there to compare with and decides nothing
	// Hostile says that it is measured only if stressors are wanted, and Long only in a full calibration.
	Hostile, Long bool

	Programs []string                   // workload programs that it starts
	Duration func(l *Lab) time.Duration // about how long
	Run      func(ctx context.Context, l *Lab) (Outcome, error)
	Checks   func(l *Lab) checkSet // instead of Run: the live checks that it consists of
}

// An Outcome is what a property came to. An error of Run is not one: it means that nothing could be measured at all.
type Outcome struct {
	Verdict  string    `json:"verdict"`
	AimMet   *bool     `json:"aim_met,omitempty"` // nil if there is none
	Text     string    `json:"statement"`         // in a few sentences
	Measures []Measure `json:"measures"`
	Table    *Table    `json:"table,omitempty"`

	Checks []CheckResult `json:"checks,omitempty"` // of a part, to be judged with those of the others
}

// A Table is for people: what no list of measures shows well.
type Table struct {
	Header []string   `json:"header"`
	Rows   [][]string `json:"rows"`
}

// A Measure is one number, with its uncertainty and its limits.
type Measure struct {
	Name    string   `json:"name"`
	Unit    string   `json:"unit"` // "ms", "%", "" of ratios and counts
	Value   float64  `json:"value"`
	Low     *float64 `json:"low,omitempty"` // the 95 % interval, if there is one
	High    *float64 `json:"high,omitempty"`
	N       int      `json:"n"`               // how many it rests on
	Of      string   `json:"of"`              // how many what
	Must    *Range   `json:"limit,omitempty"` // nil: it is for information
	Aim     *Range   `json:"aim,omitempty"`
	Counted bool     `json:"counted,omitempty"` // it is judged by the count alone, which is what the limit is of
}

// A Range is a limit; nil is none.
type Range struct {
	Least *float64 `json:"least,omitempty"`
	Most  *float64 `json:"most,omitempty"`
}

func within(least, most float64) *Range { return &Range{&least, &most} }
func about(centre, by float64) *Range   { return within(centre-by, centre+by) }
func atMost(most float64) *Range        { return &Range{Most: &most} }
func atLeast(least float64) *Range      { return &Range{Least: &least} }

func (r *Range) holds(x float64) bool {
	return (r.Least == nil || x >= *r.Least) && (r.Most == nil || x <= *r.Most)
}

// overlaps reports whether some of the interval from low to high lies in the range.
func (r *Range) overlaps(low, high float64) bool {
	return (r.Least == nil || high >= *r.Least) && (r.Most == nil || low <= *r.Most)
}

// verdict is a pass if the value is within the limit. Beyond it is a fail only if the whole interval is: else the noise
// may be to blame.
func (m Measure) verdict() string {
	switch {
	case m.Must == nil || m.Must.holds(m.Value):
		return Passed
	case m.Low != nil && m.High != nil && !m.Counted && m.Must.overlaps(*m.Low, *m.High):
		return Unjudged
	}
	return Failed
}

// newOutcome makes an outcome of measures: the worst of their verdicts. A value that is not a number is a fail: nothing
// was observed that one could be worked out from.
func newOutcome(says string, measures ...Measure) Outcome {
	o := Outcome{Verdict: Passed, Text: says, Measures: []Measure{}}
	aim, met := false, true
	for _, m := range measures {
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			o.Verdict = Failed
			o.Text += fmt.Sprintf(" There is no value of %q.", m.Name)
			met = false
			continue
		}
		o.Measures = append(o.Measures, m)
		if v := m.verdict(); v == Failed || v == Unjudged && o.Verdict == Passed {
			o.Verdict = v
		}
		if m.Aim != nil {
			aim = true
			met = met && m.Aim.holds(m.Value)
		}
	}
	if aim {
		met = met && o.Verdict == Passed
		o.AimMet = &met
	}
	return o
}

// Properties are all, in the order in which they are measured and certified: the rows of the table of docs/methodology.md.
func Properties() []Property {
	return slices.Concat(exactProperties(), ownEngineProperties(), phaseProperties(), checkProperties(),
		thiefProperties(), []Property{predictionProperty(), budgetProperty()}, noiseProperties(), hostileProperties(), hyperfineProperties())
}

// wanted reports whether the lab is to measure it.
func (p Property) wanted(l *Lab) bool {
	return (!p.Hostile || l.Hostile) && (!p.Long || l.Full) && (p.Checks != nil || l.part.has(p.Name))
}

// measure measures it, or the part of it that is the lab's.
func (p Property) measure(ctx context.Context, l *Lab) (Outcome, error) {
	if p.Checks != nil {
		return l.checks(ctx, p.Checks(l))
	}
	return p.Run(ctx, l)
}

// Names lists the names of all properties.
func Names() []string {
	var names []string
	for _, p := range Properties() {
		names = append(names, p.Name)
	}
	return names
}

// Named finds those with these names, in the table's order; no name means all. The error lists what there is.
func Named(names []string) ([]Property, error) {
	all, known := Properties(), Names()
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("%q is no property; there are %v", n, known)
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(p Property) bool { return !slices.Contains(names, p.Name) }), nil
}
