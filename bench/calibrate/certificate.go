package calibrate

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"forktax/bench/record"
)

// A Certificate says what was measured, and whether it passed.
type Certificate struct {
	Schema      int                 `json:"schema"`
	Version     string              `json:"version"` // of forktax
	Started     time.Time           `json:"started"`
	Seconds     float64             `json:"seconds"` // that the properties took together
	Mode        string              `json:"mode"`    // "quick" or "full"
	Hostile     bool                `json:"hostile"`
	Seed        uint64              `json:"seed"`
	Verdict     string              `json:"verdict"`
	Environment record.Environment  `json:"environment"`
	Properties  []CertifiedProperty `json:"properties"`
	Missing     []string            `json:"missing,omitempty"` // properties that were not measured yet, or not asked for
}

// A CertifiedProperty is a property with what it came to.
type CertifiedProperty struct {
	Name          string  `json:"name"`
	About         string  `json:"about"`
	Must          string  `json:"limit"`
	Aim           string  `json:"aim,omitempty"`
	ForComparison bool    `json:"supplementary,omitempty"` // it decides nothing
	Seconds       float64 `json:"seconds"`
	Outcome
}

// certificateSchema is the version of its JSON.
const certificateSchema = 2

// verdict is a pass if all passed that decide: what was skipped does not.
func (c *Certificate) verdict() string {
	worst, measured := Passed, 0
	for _, p := range c.Properties {
		if p.Verdict != Skipped {
			measured++
		}
		switch {
		case p.ForComparison || p.Verdict == Passed || p.Verdict == Skipped:
		case p.Verdict == Failed:
			return Failed
		case p.Verdict == Partial && worst == Passed:
			worst = Partial
		case p.Verdict != Partial:
			worst = Unjudged
		}
	}
	if measured == 0 {
		return Unjudged
	}
	return worst
}

// WithVerdict lists the properties that came to the verdict, of those that decide.
func (c *Certificate) WithVerdict(verdict string) []string {
	var names []string
	for _, p := range c.Properties {
		if p.Verdict == verdict && !p.ForComparison {
			names = append(names, p.Name)
		}
	}
	return names
}

// Markdown prints it for people.
func (c *Certificate) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Certificate of calibration: %s\n\n", c.Verdict)
	hostile := ""
	if c.Hostile {
		hostile = ", with hostile neighbours"
	}
	fmt.Fprintf(&b, "forktax %s, %s%s, seed %d, %s, %s in all. %s, %d cores, %s %s %s, %s.\n\n", c.Version, c.Mode,
		hostile, c.Seed, c.Started.UTC().Format("2006-01-02 15:04 UTC"), time.Duration(c.Seconds*float64(time.Second)).Round(time.Second), c.Environment.CPU,
		c.Environment.Cores, c.Environment.OS, c.Environment.Kernel, c.Environment.Arch, c.Environment.Go)
	fmt.Fprintf(&b, "| property | measured | must | verdict | aim | met |\n|---|---|---|---|---|---|\n")
	for _, p := range c.Properties {
		fmt.Fprintf(&b, "| [%s](#%s): %s | %s | %s | %s | %s | %s |\n", p.Name, p.Name, p.About, p.summary(), p.Must,
			p.judgement(), cmp.Or(p.Aim, none), p.aimed())
	}
	if len(c.Missing) > 0 {
		fmt.Fprintf(&b, "\nNot measured: %s.\n", strings.Join(c.Missing, ", "))
	}
	for _, p := range c.Properties {
		p.paragraph(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (p CertifiedProperty) judgement() string {
	if p.ForComparison && p.Verdict == Passed {
		return "for comparison"
	}
	if p.Verdict == Passed {
		return p.Verdict
	}
	return "**" + p.Verdict + "**"
}

func (p CertifiedProperty) aimed() string {
	switch {
	case p.AimMet == nil:
		return none
	case *p.AimMet:
		return "yes"
	}
	return "no"
}

// summary is its first measure, or how many of them are within their limits.
func (p CertifiedProperty) summary() string {
	limited, held := 0, 0
	for _, m := range p.Measures {
		if m.Must != nil {
			limited++
			if m.Must.holds(m.Value) {
				held++
			}
		}
	}
	switch {
	case len(p.Measures) == 0:
		return none
	case limited > 3:
		return fmt.Sprintf("%d of %d measures within their limits", held, limited)
	}
	return p.Measures[0].value()
}

func (p CertifiedProperty) paragraph(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s\n", p.Name, p.Text)
	if len(p.Measures) > 0 {
		fmt.Fprintf(b, "\n| measure | value | 95 %% interval | over | must | aim |\n|---|---|---|---|---|---|\n")
		for _, m := range p.Measures {
			fmt.Fprintf(b, "| %s | %s | %s | %d %s | %s | %s |\n", m.Name, m.value(), m.interval(), m.N, m.Of,
				m.limit(m.Must), m.limit(m.Aim))
		}
	}
	if p.Table != nil {
		fmt.Fprintf(b, "\n| %s |\n|%s\n", strings.Join(p.Table.Header, " | "),
			strings.Repeat("---|", len(p.Table.Header)))
		for _, row := range p.Table.Rows {
			fmt.Fprintf(b, "| %s |\n", strings.Join(row, " | "))
		}
	}
}

// value prints the value with its unit.
func (m Measure) value() string { return m.number(m.Value) }

func (m Measure) number(x float64) string {
	if m.Unit == "" {
		return digits(x)
	}
	return digits(x) + " " + m.Unit
}

func (m Measure) interval() string {
	if m.Low == nil || m.High == nil {
		return none
	}
	return digits(*m.Low) + " to " + m.number(*m.High)
}

func (m Measure) limit(r *Range) string {
	switch {
	case r == nil:
		return none
	case r.Least == nil:
		return "≤ " + m.number(*r.Most)
	case r.Most == nil:
		return "≥ " + m.number(*r.Least)
	}
	return digits(*r.Least) + " to " + m.number(*r.Most)
}

// digits prints a number with as many digits as its size needs: 1.0002, 0.31, 42.1, 1000.
func digits(x float64) string {
	decimals := 4
	if size := math.Abs(x); size >= 100 {
		decimals = 1
	} else if size >= 10 {
		decimals = 2
	}
	text := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if x < 0 && text != "0" {
		return "−" + text
	}
	return text
}

// none is what is printed where there is no value.
const none = "–"
