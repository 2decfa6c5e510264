package analysis

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/bench/units"
)

// A Contrast holds two stored runs side by side. They were not interleaved, so it says what is seen, and judges
// nothing: that takes a check. Its JSON has the rules of an Analysis.
type Contrast struct {
	Schema   int            `json:"schema"`
	A        Side           `json:"a"`
	B        Side           `json:"b"`
	Unlike   []Unlikeness   `json:"unlike"`   // in machine or settings; then absolute numbers are not compared
	Allowed  bool           `json:"allowed"`  // they are compared all the same
	Programs []Unlikeness   `json:"programs"` // that are other files: which may well be what is to be seen
	Cells    []CellContrast `json:"cells"`    // that both have
	Taxes    []TaxContrast  `json:"fork_taxes"`
	OnlyA    []record.Cell  `json:"only_a"`
	OnlyB    []record.Cell  `json:"only_b"`
	Notes    []string       `json:"notes"` // what a reader must know before believing a number
}

// A Side is one of the runs.
type Side struct {
	Name string `json:"name"` // as it was given
	Run  Run    `json:"run"`
}

// An Unlikeness is something in which the runs differ.
type Unlikeness struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// A CellContrast is a cell that both runs have. Values that one of them has not are nil, and ratios of unlike machines.
type CellContrast struct {
	record.Cell
	Response   Contrasted `json:"response_p50_ns"`
	CPU        Contrasted `json:"cpu_ns_per_request"`
	Throughput Contrasted `json:"throughput_rps"`
}

// Contrasted is a value of both runs.
type Contrasted struct {
	A     *float64 `json:"a"`
	B     *float64 `json:"b"`
	Ratio *float64 `json:"ratio"` // B over A
}

// A TaxContrast is what a model costs over the baseline in both runs. Each is a ratio within its run, whose sides were
// interleaved, so that it can be held against the other on unlike machines, too.
type TaxContrast struct {
	A     Comparison `json:"a"`
	B     Comparison `json:"b"`
	Ratio float64    `json:"ratio"` // of the ratios, B over A
}

// NewContrast holds the run b against the run a; the names say which they are. allowUnlike compares absolute numbers of
// unlike machines, too.
func NewContrast(nameA string, a *Analysis, nameB string, b *Analysis, allowUnlike bool) *Contrast {
	c := &Contrast{Schema: record.Schema, A: Side{nameA, a.Run}, B: Side{nameB, b.Run}, Unlike: unlike(a, b),
		Allowed: allowUnlike, Programs: otherPrograms(a.Environment.Programs, b.Environment.Programs),
		Cells: []CellContrast{}, Taxes: []TaxContrast{}, OnlyA: onlyIn(a, b), OnlyB: onlyIn(b, a)}
	for _, x := range a.Cells {
		if y := b.cell(x.Cell); y != nil {
			c.Cells = append(c.Cells, CellContrast{x.Cell, c.contrast(Float(x.Response.P50), Float(y.Response.P50)),
				c.contrast(Float(x.CPUPerRequest), Float(y.CPUPerRequest)), c.contrast(x.ThroughputRPS, y.ThroughputRPS)})
		}
	}
	for _, x := range a.Comparisons {
		for _, y := range b.Comparisons {
			if x.Metric == y.Metric && x.Baseline == y.Baseline && x.cell() == y.cell() {
				c.Taxes = append(c.Taxes, TaxContrast{x, y, y.Ratio / x.Ratio})
			}
		}
	}
	c.Notes = append(c.notes(c.A, a), c.notes(c.B, b)...)
	return c
}

// Absolute says whether absolute numbers are compared.
func (c *Contrast) Absolute() bool { return len(c.Unlike) == 0 || c.Allowed }

func (c *Contrast) contrast(a, b *float64) Contrasted {
	v := Contrasted{A: a, B: b}
	if a != nil && b != nil && *a > 0 && c.Absolute() {
		v.Ratio = new(*b / *a)
	}
	return v
}

func onlyIn(a, b *Analysis) []record.Cell {
	only := []record.Cell{}
	for _, x := range a.Cells {
		if b.cell(x.Cell) == nil {
			only = append(only, x.Cell)
		}
	}
	return only
}

// unlike lists how machines and settings differ. What moves by itself, such as the load, is not among it.
func unlike(a, b *Analysis) []Unlikeness {
	found := append(UnlikeMachine(a.Environment, b.Environment), differing([]Unlikeness{
		{"forktax", a.Run.Version, b.Run.Version},
		{"baseline", a.Run.Baseline, b.Run.Baseline},
		{"database", database(a.Environment.Database), database(b.Environment.Database)},
	})...)
	for _, v := range a.Run.Variants {
		for _, w := range b.Run.Variants {
			if v.Name == w.Name && !reflect.DeepEqual(v, w) {
				found = append(found, Unlikeness{"variant " + v.Name, FormatVariant(v), FormatVariant(w)})
			}
		}
	}
	return found
}

// UnlikeMachine lists how two machines differ.
func UnlikeMachine(a, b record.Environment) []Unlikeness {
	return differing([]Unlikeness{
		{"CPU", a.CPU, b.CPU},
		{"cores", fmt.Sprint(a.Cores), fmt.Sprint(b.Cores)},
		{"system", a.OS + " on " + a.Arch, b.OS + " on " + b.Arch},
		{"kernel", a.Kernel, b.Kernel},
		{"governor", a.Governor, b.Governor},
		{"clock source", a.ClockSource, b.ClockSource},
		{"mitigations", FormatSettings(a.Mitigations), FormatSettings(b.Mitigations)},
	})
}

// differing are those of which both sides are not the same.
func differing(all []Unlikeness) []Unlikeness {
	found := []Unlikeness{}
	for _, u := range all {
		if u.A != u.B {
			found = append(found, Unlikeness{u.What, cmp.Or(u.A, units.Absent), cmp.Or(u.B, units.Absent)})
		}
	}
	return found
}

func database(d *record.Database) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%s %s, %s", d.Kind, d.Version, FormatSettings(d.Settings))
}

// otherPrograms lists the workloads that were other files.
func otherPrograms(a, b []record.Program) []Unlikeness {
	named := func(programs []record.Program) map[string]record.Program {
		m := map[string]record.Program{}
		for _, p := range programs {
			m[strings.Join(append([]string{p.Workload}, p.Variants...), ", ")] = p
		}
		return m
	}
	x, y := named(a), named(b)
	found := []Unlikeness{}
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if p, q := x[name], y[name]; q.SHA256 != "" && p.SHA256 != q.SHA256 {
			found = append(found, Unlikeness{name, described(p), described(q)})
		}
	}
	return found
}

func described(p record.Program) string {
	words := fmt.Sprintf("%s, SHA-256 %.12s", units.Size(p.Bytes), p.SHA256)
	if p.Go != "" {
		words += ", " + p.Go
	}
	return words
}

// notes are the warnings of a side that make its numbers less than they should be.
func (c *Contrast) notes(s Side, a *Analysis) []string {
	notes := []string{}
	for _, w := range a.Warnings {
		if w.Code == Inconclusive || w.Code == "incomplete" || w.Code == "errors" || w.Code == "overload" {
			notes = append(notes, fmt.Sprintf("%s: %s: %s.", s.Name, w.Code, w.Text))
		}
	}
	return notes
}

// FormatVariant says what one is, as far as it is anything but a model.
func FormatVariant(v record.Variant) string {
	parts := []string{"model " + v.Model}
	if len(v.Build) > 0 {
		parts = append(parts, fmt.Sprintf("built with `%s`", strings.Join(v.Build, " ")))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Env)) {
		parts = append(parts, fmt.Sprintf("`%s=%s`", name, v.Env[name]))
	}
	if v.Padding > 0 {
		parts = append(parts, fmt.Sprintf("%s bytes more of environment", units.Count(int64(v.Padding))))
	}
	if v.Program != "" {
		parts = append(parts, fmt.Sprintf("program `%s`", v.Program))
	}
	return strings.Join(parts, ", ")
}

// FormatSettings lists what a database server is set to.
func FormatSettings(set map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		parts = append(parts, name+" "+set[name])
	}
	return strings.Join(parts, ", ")
}
