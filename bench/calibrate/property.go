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
	Unjudged   = "not judged"   // too noisy or too few data; it may be measured again
	Unmeasured = "not measured" // a prerequisite is missing
	Skipped    = "skipped"      // a prerequisite is missing that the certificate does not require; it is tried again
	Partial    = "part"         // judged when the parts of a calibration are merged
)

// A Property is a statement that must hold of the harness, and the way to measure it.
type Property struct {
	Name          string
	About         string // one sentence
	Must          string // the limit, as text
	Aim           string // the stricter limit to aim for, as text; "" if there is none
	ForComparison bool   // does not affect the verdict of the certificate
	// A Hostile property is measured only with stressors, a Long one only in a full calibration.
	Hostile, Long bool

	Programs []string                   // workload programs that it starts
	Duration func(l *Lab) time.Duration // approximate
	Run      func(ctx context.Context, l *Lab) (Outcome, error)
	Checks   func(l *Lab) checkSet // the live checks that replace Run; nil: use Run
}

// An Outcome is the result of measuring a property. If nothing could be measured at all, Run returns an error instead.
type Outcome struct {
	Verdict  string    `json:"verdict"`
	AimMet   *bool     `json:"aim_met,omitempty"` // nil if there is no aim
	Text     string    `json:"statement"`         // a few sentences
	Measures []Measure `json:"measures"`
	Table    *Table    `json:"table,omitempty"`

	Checks []CheckResult `json:"checks,omitempty"` // checks of one part, to be judged with those of the other parts
}

// A Table holds results that a list of measures does not show well.
type Table struct {
	Header []string   `json:"header"`
	Rows   [][]string `json:"rows"`
}

// A Measure is a number with its confidence interval and its limits.
type Measure struct {
	Name    string   `json:"name"`
	Unit    string   `json:"unit"` // "ms", "%"; "" for ratios and counts
	Value   float64  `json:"value"`
	Low     *float64 `json:"low,omitempty"` // 95% confidence interval; nil if there is none
	High    *float64 `json:"high,omitempty"`
	N       int      `json:"n"`               // sample size
	Of      string   `json:"of"`              // what N counts
	Must    *Range   `json:"limit,omitempty"` // nil: for information only
	Aim     *Range   `json:"aim,omitempty"`
	Counted bool     `json:"counted,omitempty"` // the limit is on the count, so the interval is not used
}

// A Range is a limit. A nil bound does not limit.
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

// overlaps reports whether any value from low to high is in the range.
func (r *Range) overlaps(low, high float64) bool {
	return (r.Least == nil || high >= *r.Least) && (r.Most == nil || low <= *r.Most)
}

// verdict returns Passed if the value is within the limit. A value beyond the limit has failed only if its whole
// interval is beyond; otherwise noise may be the cause.
func (m Measure) verdict() string {
	switch {
	case m.Must == nil || m.Must.holds(m.Value):
		return Passed
	case m.Low != nil && m.High != nil && !m.Counted && m.Must.overlaps(*m.Low, *m.High):
		return Unjudged
	}
	return Failed
}

// newOutcome returns an outcome with the worst verdict of the measures. A value that is not a number has failed: there
// were no observations to compute it from.
func newOutcome(text string, measures ...Measure) Outcome {
	o := Outcome{Verdict: Passed, Text: text, Measures: []Measure{}}
	aim, met := false, true
	for _, m := range measures {
		if math.IsNaN(m.Value) || math.IsInf(m.Value, 0) {
			o.Verdict = Failed
			o.Text += fmt.Sprintf(" There is no value for %q.", m.Name)
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

// Properties returns all properties in the order in which they are measured and certified. It is the order of the table
// in docs/calibrate.md.
func Properties() []Property {
	return slices.Concat(exactProperties(), ownEngineProperties(), phaseProperties(), checkProperties(),
		thiefProperties(), []Property{predictionProperty(), budgetProperty()}, noiseProperties(), hostileProperties(),
		hyperfineProperties())
}

// wanted reports whether the lab measures the property.
func (p Property) wanted(l *Lab) bool {
	return (!p.Hostile || l.Hostile) && (!p.Long || l.Full) && (p.Checks != nil || hasWhole(l.part, p.Name))
}

// measure measures the property, or the lab's part of it.
func (p Property) measure(ctx context.Context, l *Lab) (Outcome, error) {
	if p.Checks != nil {
		return l.checks(ctx, p.Checks(l))
	}
	return p.Run(ctx, l)
}

// Names returns the names of all properties.
func Names() []string {
	var names []string
	for _, p := range Properties() {
		names = append(names, p.Name)
	}
	return names
}

// Named returns the properties with these names, in the order of Properties; all properties if there are no names. The
// error for an unknown name lists the known ones.
func Named(names []string) ([]Property, error) {
	all, known := Properties(), Names()
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("unknown property %q; properties are %v", n, known)
		}
	}
	if len(names) == 0 {
		return all, nil
	}
	return slices.DeleteFunc(all, func(p Property) bool { return !slices.Contains(names, p.Name) }), nil
}
