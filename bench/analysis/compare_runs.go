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

// A RunComparison compares two stored runs. The runs were not interleaved, so it shows differences without a verdict;
// forktax check gives a verdict. Its JSON follows the rules of an Analysis.
type RunComparison struct {
	Schema     int              `json:"schema"`
	A          ComparedRun      `json:"a"`
	B          ComparedRun      `json:"b"`
	Mismatches []Mismatch       `json:"unlike"`   // in machine or settings; absolute numbers are then not compared
	Allowed    bool             `json:"allowed"`  // absolute numbers are compared in spite of Mismatches
	Programs   []Mismatch       `json:"programs"` // programs whose files differ, which may be intended
	Cells      []CellComparison `json:"cells"`    // cells in both runs
	Taxes      []TaxComparison  `json:"fork_taxes"`
	OnlyA      []record.Cell    `json:"only_a"`
	OnlyB      []record.Cell    `json:"only_b"`
	Notes      []string         `json:"notes"` // warnings of the runs that affect the comparison
}

// A ComparedRun is one of the two runs.
type ComparedRun struct {
	Name string `json:"name"` // name given by the user
	Run  Run    `json:"run"`
}

// A Mismatch is a difference between the runs.
type Mismatch struct {
	What string `json:"what"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// A CellComparison compares a cell that both runs have. Missing values are nil, and so are ratios if the machines
// differ.
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
	// AtLeast names the runs, a or b, whose value is a lower bound, because requests timed out. Then there is no ratio.
	AtLeast []string `json:"at_least,omitempty"`
}

// A TaxComparison compares the cost of a model relative to the baseline in both runs. Each is a ratio within a run
// whose sides were interleaved, so they can be compared even if the machines differ.
type TaxComparison struct {
	A     Comparison `json:"a"`
	B     Comparison `json:"b"`
	Ratio float64    `json:"ratio"` // ratio of the ratios, B over A
}

// CompareRuns compares the run b with the run a. If allowUnlike is set, it compares absolute numbers even if the
// machines differ.
func CompareRuns(nameA string, a *Analysis, nameB string, b *Analysis, allowUnlike bool) *RunComparison {
	c := &RunComparison{Schema: record.Schema, A: ComparedRun{nameA, a.Run}, B: ComparedRun{nameB, b.Run},
		Mismatches: mismatches(a, b), Allowed: allowUnlike,
		Programs: programMismatches(a.Environment.Programs, b.Environment.Programs),
		Cells:    []CellComparison{}, Taxes: []TaxComparison{}, OnlyA: onlyIn(a, b), OnlyB: onlyIn(b, a)}
	for _, x := range a.Cells {
		if y := b.cell(x.Cell); y != nil {
			response := c.compare(Float(x.Response.P50), Float(y.Response.P50))
			for run, p := range map[string]Percentiles{"a": x.Response, "b": y.Response} {
				if slices.Contains(p.AtLeast, "p50") {
					response.AtLeast, response.Ratio = append(response.AtLeast, run), nil
				}
			}
			slices.Sort(response.AtLeast)
			c.Cells = append(c.Cells, CellComparison{x.Cell, response,
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

// mismatches returns the differences between the machines and settings, without those that vary, such as the load.
func mismatches(a, b *Analysis) []Mismatch {
	found := append(MachineMismatches(a.Environment, b.Environment), differing([]Mismatch{
		{"forktax", a.Run.Version, b.Run.Version},
		{"baseline", a.Run.Baseline, b.Run.Baseline},
		{"database", database(a.Environment.Database), database(b.Environment.Database)},
		{"cores", FormatSettings(a.Run.Pin), FormatSettings(b.Run.Pin)},
		{"variables", FormatSettings(a.Run.Env), FormatSettings(b.Run.Env)},
		{"ignored headers", strings.Join(a.Run.IgnoreHeaders, ", "), strings.Join(b.Run.IgnoreHeaders, ", ")},
	})...)
	for _, v := range a.Run.Servers {
		for _, w := range b.Run.Servers {
			if v.Name == w.Name && v != w {
				found = append(found, Mismatch{"server " + v.Name, cmp.Or(v.Command, v.URL), cmp.Or(w.Command, w.URL)})
			}
		}
	}
	for _, v := range a.Responses {
		for _, w := range b.Responses {
			m := Mismatch{"request " + RequestName(v.Workload, v.Request), v.Sent.text(), w.Sent.text()}
			if v.Workload == w.Workload && v.Request == w.Request && m.A != m.B && !slices.Contains(found, m) {
				found = append(found, m)
			}
		}
	}
	for _, v := range a.Run.Variants {
		for _, w := range b.Run.Variants {
			if v.Name == w.Name && !reflect.DeepEqual(v, w) {
				found = append(found, Mismatch{"variant " + v.Name, FormatVariant(v), FormatVariant(w)})
			}
		}
	}
	return found
}

// MachineMismatches returns the differences between two machines.
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

// differing returns the mismatches whose sides differ.
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

// programMismatches returns the workloads whose program files differ.
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

// notes returns the warnings of a run that make its numbers less reliable.
func (c *RunComparison) notes(s ComparedRun, a *Analysis) []string {
	notes := []string{}
	for _, w := range a.Warnings {
		if w.Code == Inconclusive || w.Code == "incomplete" || w.Code == "errors" || w.Code == "overload" {
			notes = append(notes, fmt.Sprintf("%s: %s: %s.", s.Name, w.Code, w.Text))
		}
	}
	return notes
}

// FormatVariant describes a variant: its model and everything in which it differs from the plain model.
func FormatVariant(v record.Variant) string {
	parts := []string{"model " + v.Model}
	if len(v.Build) > 0 {
		parts = append(parts, fmt.Sprintf("built with %s", strings.Join(v.Build, " ")))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Env)) {
		parts = append(parts, fmt.Sprintf("%s=%s", name, v.Env[name]))
	}
	if v.Padding > 0 {
		parts = append(parts, fmt.Sprintf("%s bytes of additional environment", units.Count(int64(v.Padding))))
	}
	if v.Program != "" {
		parts = append(parts, "program "+v.Program)
	}
	if len(v.Limits) > 0 {
		parts = append(parts, "limits "+FormatSettings(v.Limits))
	}
	return strings.Join(parts, ", ")
}

// FormatSettings formats settings as a list of names and values.
func FormatSettings(set map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		parts = append(parts, name+" "+set[name])
	}
	return strings.Join(parts, ", ")
}
