package calibrate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/units"
)

// A Certificate records the properties that were measured and their verdicts.
type Certificate struct {
	Schema      int                 `json:"schema"`
	Version     string              `json:"version"` // version of forktax
	Started     time.Time           `json:"started"`
	Seconds     float64             `json:"seconds"` // total time of the properties
	Mode        string              `json:"mode"`    // "quick" or "full"
	Hostile     bool                `json:"hostile"`
	Seed        uint64              `json:"seed"`
	Verdict     string              `json:"verdict"`
	Environment record.Environment  `json:"environment,omitzero"` // zero in a merged certificate: see Parts
	Programs    map[string]string   `json:"programs,omitempty"`   // SHA-256 of the programs of all properties
	Properties  []CertifiedProperty `json:"properties"`
	Missing     []string            `json:"missing,omitempty"`    // properties not measured yet, or not selected
	Unfinished  []string            `json:"unfinished,omitempty"` // selected properties not measured yet
	Part        *plan.Part          `json:"part,omitempty"`       // nil for a whole calibration
	Parts       []CertifiedPart     `json:"parts,omitempty"`      // the parts of a merged certificate
}

// Modes of a calibration.
const (
	ModeQuick = "quick"
	ModeFull  = "full"
)

// A CertifiedProperty is a property with its outcome.
type CertifiedProperty struct {
	Name          string  `json:"name"`
	About         string  `json:"about"`
	Must          string  `json:"limit"`
	Aim           string  `json:"aim,omitempty"`
	ForComparison bool    `json:"supplementary,omitempty"` // does not affect the verdict
	Seconds       float64 `json:"seconds"`
	// Steal is the share of the machine's CPU time that the hypervisor took meanwhile; nil if it is unknown.
	Steal *float64 `json:"steal_share,omitempty"`
	Outcome
}

// certificateSchema is the schema version of a certificate's JSON.
const certificateSchema = 2

// verdict returns Passed if all properties passed, except properties for comparison and skipped ones.
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
	switch {
	case len(c.Unfinished) > 0:
		return Unjudged
	case measured == 0 && c.Part != nil: // the selected properties are in other parts
		return Partial
	case measured == 0:
		return Unjudged
	}
	return worst
}

// WithVerdict returns the names of the properties with the verdict, without those for comparison.
func (c *Certificate) WithVerdict(verdict string) []string {
	var names []string
	for _, p := range c.Properties {
		if p.Verdict == verdict && !p.ForComparison {
			names = append(names, p.Name)
		}
	}
	return names
}

// Markdown writes the certificate as Markdown.
func (c *Certificate) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Certificate of calibration: %s\n\n", c.Verdict)
	c.origin(&b)
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
	_, err := io.WriteString(w, foreign.Text(b.String())) // a merged certificate has text from other files
	return err
}

// origin prints the version, the mode, the time and the machines.
func (c *Certificate) origin(b *strings.Builder) {
	how := c.Mode
	if c.Hostile {
		how += ", with stressors"
	}
	if c.Part != nil {
		how += fmt.Sprintf(", part %v", c.Part)
	}
	if len(c.Parts) == 0 {
		how += fmt.Sprintf(", seed %d", c.Seed)
	} else {
		how += fmt.Sprintf(", merged from %d parts", len(c.Parts))
	}
	fmt.Fprintf(b, "forktax %s, %s, %s, %s in total.", c.Version, how, c.Started.UTC().Format("2006-01-02 15:04 UTC"),
		seconds(c.Seconds))
	if len(c.Parts) == 0 {
		e := c.Environment
		fmt.Fprintf(b, " %s, %d cores, %s %s %s, %s.\n\n", e.CPU, e.Cores, e.OS, e.Kernel, e.Arch, e.Go)
		return
	}
	fmt.Fprintf(b, "\n\n| machines | parts | measured for |\n|---|---|---|\n")
	for _, m := range c.machines() {
		fmt.Fprintf(b, "| %s | %s | %s |\n", m.name, strings.Join(m.parts, ", "), seconds(m.seconds))
	}
	fmt.Fprintf(b, "| all | %d | %s |\n\n", len(c.Parts), seconds(c.Seconds))
}

// seconds formats s seconds, rounded to whole seconds: 1m23s.
func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(time.Second).String()
}

// A machineKind is a group of machines with the same CPU model, cores and system.
type machineKind struct {
	name    string
	parts   []string // numbers of the parts that they measured
	seconds float64  // total time of those parts
}

// machines returns the kinds of machines of a merged certificate, sorted by name.
func (c *Certificate) machines() []machineKind {
	var kinds []machineKind
	for _, p := range c.Parts {
		e := p.Environment
		name := fmt.Sprintf("%s, %d cores, %s %s", cpuOrUnknown(e), e.Cores, e.OS, e.Arch)
		i := slices.IndexFunc(kinds, func(k machineKind) bool { return k.name == name })
		if i < 0 {
			i, kinds = len(kinds), append(kinds, machineKind{name: name})
		}
		kinds[i].parts = append(kinds[i].parts, fmt.Sprint(p.Number))
		kinds[i].seconds += p.Seconds
	}
	slices.SortFunc(kinds, func(a, b machineKind) int { return strings.Compare(a.name, b.name) })
	return kinds
}

// Write writes the certificate into the directory, as JSON and as Markdown.
func (c *Certificate) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("creating the directory of the certificate: %w", err)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the certificate: %w", err)
	}
	var markdown bytes.Buffer
	return errors.Join(c.Markdown(&markdown),
		record.WriteFile(filepath.Join(dir, certificateJSON), append(text, '\n')),
		record.WriteFile(filepath.Join(dir, certificateMarkdown), markdown.Bytes()))
}

func (p CertifiedProperty) judgement() string {
	if p.ForComparison && p.Verdict == Passed {
		return "for comparison"
	}
	if p.Verdict == Passed || p.Verdict == Partial || p.Verdict == Skipped {
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

// summary returns the first measure, or the number of measures within their limits if there are more than three.
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
		return fmt.Sprintf("%d of %d measures within limits", held, limited)
	}
	return p.Measures[0].value()
}

func (p CertifiedProperty) paragraph(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n%s", p.Name, p.Text)
	if p.Steal != nil {
		fmt.Fprintf(b, " Measured in %s, with a steal of %s.", seconds(p.Seconds), units.Percent(*p.Steal))
	}
	fmt.Fprintln(b)
	if len(p.Measures) > 0 {
		fmt.Fprintf(b, "\n| measure | value | 95%% CI | sample | must | aim |\n|---|---|---|---|---|---|\n")
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

// value formats the value with its unit.
func (m Measure) value() string { return m.number(m.Value) }

func (m Measure) number(x float64) string {
	switch m.Unit {
	case "", "%":
		return digits(x) + m.Unit
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

// digits formats a number with fewer decimals the larger it is: 1.0002, 0.31, 42.1, 1000.
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

// none is printed if there is no value.
const none = "–"
