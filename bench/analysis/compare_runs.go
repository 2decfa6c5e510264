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

// A RunComparison compares two stored runs. They were not interleaved, so it says what is seen, and judges
// nothing: that takes a check. Its JSON has the rules of an Analysis.
type RunComparison struct {
	Schema     int              `json:"schema"`
	A          ComparedRun      `json:"a"`
	B          ComparedRun      `json:"b"`
	Mismatches []Mismatch       `json:"unlike"`   // in machine or settings; then absolute numbers are not compared
	Allowed    bool             `json:"allowed"`  // they are compared all the same
	Programs   []Mismatch       `json:"programs"` // that are other files: which may well be what is to be seen
	Cells      []CellComparison `json:"cells"`    // that both have
	Taxes      []TaxComparison  `json:"fork_taxes"`
	OnlyA      []record.Cell    `json:"only_a"`
	OnlyB      []record.Cell    `json:"only_b"`
	Notes      []string         `json:"notes"` // what a reader must know before believing a number
}

// A ComparedRun is one of the runs.
type ComparedRun struct {
	Name string `json:"name"` // as it was given
	Run  Run    `json:"run"`
}

// A Mismatch is something in which the runs differ.
type Mismatch struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// A CellComparison is a cell that both runs have. Values that one of them has not are nil, and ratios of unlike
// machines.
type CellComparison struct {
	record.Cell
	Response   RunValues `json:"response_p50_ns"`
	CPU        RunValues `json:"cpu_ns_per_request"`
	Throughput RunValues `json:"throughput_rps"`
}

// RunValues are the values of both runs.
type RunValues struct {
	A     *float64 `json:"a"`
	B     *float64 `json:"b"`
	Ratio *float64 `json:"ratio"` // B over A
}

// A TaxComparison is what a model costs over the baseline in both runs. Each is a ratio within its run, whose sides
// were interleaved, so that it can be held against the other on unlike machines, too.
type TaxComparison struct {
	A     Comparison `json:"a"`
	B     Comparison `json:"b"`
	Ratio float64    `json:"ratio"` // of the ratios, B over A
}

// CompareRuns compares the run b with the run a; the names say which they are. allowUnlike compares absolute numbers of
// unlike machines, too.
func CompareRuns(nameA string, a *Analysis, nameB string, b *Analysis, allowUnlike bool) *RunComparison {
	c := &RunComparison{Schema: record.Schema, A: ComparedRun{nameA, a.Run}, B: ComparedRun{nameB, b.Run}, Mismatches: mismatches(a, b),
		Allowed: allowUnlike, Programs: programMismatches(a.Environment.Programs, b.Environment.Programs),
		Cells: []CellComparison{}, Taxes: []TaxComparison{}, OnlyA: onlyIn(a, b), OnlyB: onlyIn(b, a)}
	for _, x := range a.Cells {
		if y := b.cell(x.Cell); y != nil {
			c.Cells = append(c.Cells, CellComparison{x.Cell, c.compare(Float(x.Response.P50), Float(y.Response.P50)),
				c.compare(Float(x.CPUPerRequest), Float(y.CPUPerRequest)), c.compare(x.ThroughputRPS, y.ThroughputRPS)})
		}
	}
	for _, x := range a.Comparisons {
		for _, y := range b.Comparisons {
			if x.Metric == y.Metric && x.Baseline == y.Baseline && x.cell() == y.cell() {
				c.Taxes = append(c.Taxes, TaxComparison{x, y, y.Ratio / x.Ratio})
			}
		}
	}
	c.Notes = append(c.notes(c.A, a), c.notes(c.B, b)...)
	return c
}

// Absolute reports whether absolute numbers are compared.
func (c *RunComparison) Absolute() bool { return len(c.Mismatches) == 0 || c.Allowed }

func (c *RunComparison) compare(a, b *float64) RunValues {
	v := RunValues{A: a, B: b}
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

// mismatches lists how machines and settings differ. What moves by itself, such as the load, is not among it.
func mismatches(a, b *Analysis) []Mismatch {
	found := append(MachineMismatches(a.Environment, b.Environment), differing([]Mismatch{
		{"forktax", a.Run.Version, b.Run.Version},
		{"baseline", a.Run.Baseline, b.Run.Baseline},
		{"database", database(a.Environment.Database), database(b.Environment.Database)},
	})...)
	for _, v := range a.Run.Variants {
		for _, w := range b.Run.Variants {
			if v.Name == w.Name && !reflect.DeepEqual(v, w) {
				found = append(found, Mismatch{"variant " + v.Name, FormatVariant(v), FormatVariant(w)})
			}
		}
	}
	return found
}

// MachineMismatches lists how two machines differ.
func MachineMismatches(a, b record.Environment) []Mismatch {
	return differing([]Mismatch{
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
func differing(all []Mismatch) []Mismatch {
	found := []Mismatch{}
	for _, u := range all {
		if u.A != u.B {
			found = append(found, Mismatch{u.What, cmp.Or(u.A, units.Absent), cmp.Or(u.B, units.Absent)})
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

// programMismatches lists the workloads that were other files.
func programMismatches(a, b []record.Program) []Mismatch {
	named := func(programs []record.Program) map[string]record.Program {
		m := map[string]record.Program{}
		for _, p := range programs {
			m[strings.Join(append([]string{p.Workload}, p.Variants...), ", ")] = p
		}
		return m
	}
	x, y := named(a), named(b)
	found := []Mismatch{}
	for _, name := range slices.Sorted(maps.Keys(x)) {
		if p, q := x[name], y[name]; q.SHA256 != "" && p.SHA256 != q.SHA256 {
			found = append(found, Mismatch{name, programText(p), programText(q)})
		}
	}
	return found
}

func programText(p record.Program) string {
	words := fmt.Sprintf("%s, SHA-256 %.12s", units.Size(p.Bytes), p.SHA256)
	if p.Go != "" {
		words += ", " + p.Go
	}
	return words
}

// notes are the warnings of a run that make its numbers less than they should be.
func (c *RunComparison) notes(s ComparedRun, a *Analysis) []string {
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
