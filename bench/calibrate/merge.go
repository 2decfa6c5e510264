package calibrate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// A CertifiedPart is a part of a merged certificate.
type CertifiedPart struct {
	plan.Part
	Seed        uint64             `json:"seed"`
	Started     time.Time          `json:"started"`
	Seconds     float64            `json:"seconds"`
	Environment record.Environment `json:"environment"`
}

// A partFile is the certificate of a part and the name of its file.
type partFile struct {
	name string
	*Certificate
}

// maxCertificate is the largest size of a certificate in bytes, far above that of real ones.
const maxCertificate = 64 << 20

// IsCertificate reports whether name is a certificate.json or a directory that contains one.
func IsCertificate(name string) bool {
	if filepath.Base(name) == certificateJSON {
		return true
	}
	_, err := os.Stat(filepath.Join(name, certificateJSON))
	return err == nil || filepath.Ext(name) == ".json" && !record.IsRun(filepath.Dir(name))
}

// ReadCertificate reads a certificate.json. Name is the file or its directory.
func ReadCertificate(name string) (*Certificate, error) {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		name = filepath.Join(name, certificateJSON)
	}
	text, err := foreign.ReadFile(name, maxCertificate)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	var c Certificate
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("%s: not a certificate.json of forktax calibrate: %w", name, err)
	}
	if c.Schema != certificateSchema || c.Properties == nil {
		return nil, fmt.Errorf("%s: not a certificate.json of forktax calibrate with schema %d", name, certificateSchema)
	}
	return &c, nil
}

// MergeFiles reads the certificates of all parts of a calibration and merges them into one. Version is that of this
// command. All parts must have been measured by it, because it applies its own limits.
func MergeFiles(names []string, version string) (*Certificate, error) {
	var parts []partFile
	for _, name := range names {
		c, err := ReadCertificate(name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, partFile{name, c})
	}
	if len(parts) == 0 {
		return nil, errors.New("no certificate given")
	}
	if err := sameCalibration(parts, version); err != nil {
		return nil, err
	}
	var given []plan.NamedPart
	for _, p := range parts {
		given = append(given, plan.NamedPart{Part: *p.Part, Name: p.name})
	}
	if err := plan.AllParts(given); err != nil {
		return nil, err
	}
	slices.SortFunc(parts, func(a, b partFile) int { return cmp.Compare(a.Part.Number, b.Part.Number) })
	return merged(parts)
}

// sameCalibration returns an error if the parts do not belong to the same calibration.
func sameCalibration(parts []partFile, version string) error {
	first := parts[0]
	hashes := map[string]string{} // hashes by architecture and program
	for _, p := range parts {
		switch {
		case p.Part == nil && len(p.Parts) > 0:
			return fmt.Errorf("%s: already merged; give the certificates of the parts", p.name)
		case p.Part == nil:
			return fmt.Errorf("%s: certificate of a whole calibration; give parts, made by forktax calibrate --part", p.name)
		case p.Part.Number < 1 || p.Part.Number > p.Part.Of || p.Part.Of > plan.MaxParts:
			return fmt.Errorf("%s: invalid part %v", p.name, p.Part)
		case p.Version != version:
			return fmt.Errorf("%s: made by forktax %s, but this is %s", p.name, p.Version, version)
		case len(p.Unfinished) > 0:
			return fmt.Errorf("%s: interrupted before %s; run its command again, which resumes it", p.name,
				strings.Join(p.Unfinished, ", "))
		case p.Mode != first.Mode:
			return fmt.Errorf("%s is of a %s calibration, but %s of a %s one", p.name, p.Mode, first.name, first.Mode)
		case p.Hostile != first.Hostile:
			return fmt.Errorf("only one of %s and %s was made with --hostile", first.name, p.name)
		case p.Part.Of != first.Part.Of:
			return fmt.Errorf("%s is part %v, but %s is part %v: all must have the same number of parts", first.name,
				first.Part, p.name, p.Part)
		}
		measured := maps.Clone(p.Programs)
		if measured == nil {
			measured = map[string]string{}
		}
		for _, program := range p.Environment.Programs { // all that an older forktax wrote
			measured[program.Workload] = program.SHA256
		}
		for _, program := range slices.Sorted(maps.Keys(measured)) {
			key := p.Environment.Arch + " " + program
			if had := hashes[key]; had != "" && had != measured[program] {
				return fmt.Errorf("%s: program %s differs from the one measured by other parts", p.name, program)
			}
			hashes[key] = measured[program]
		}
	}
	return nil
}

// merged returns the certificate of all parts, which are sorted by number.
func merged(parts []partFile) (*Certificate, error) {
	first := parts[0]
	c := &Certificate{Schema: certificateSchema, Version: first.Version, Started: first.Started, Mode: first.Mode,
		Hostile: first.Hostile, Properties: []CertifiedProperty{}}
	for _, p := range parts {
		c.Parts = append(c.Parts, CertifiedPart{*p.Part, p.Seed, p.Started, p.Seconds, p.Environment})
		c.Seconds += p.Seconds
		if p.Started.Before(c.Started) {
			c.Started = p.Started
		}
	}
	l := &Lab{Full: first.Mode == ModeFull, Hostile: first.Hostile}
	for _, property := range Properties() {
		if !property.wanted(l) {
			continue
		}
		got, err := property.merge(l, parts)
		if err != nil {
			return nil, err
		}
		if got == nil {
			c.Missing = append(c.Missing, property.Name)
			continue
		}
		c.Properties = append(c.Properties, *got)
	}
	c.Verdict = c.verdict()
	return c, nil
}

// merge merges the outcomes that the parts have for a property; nil if there are none.
func (p Property) merge(l *Lab, parts []partFile) (*CertifiedProperty, error) {
	merged := &CertifiedProperty{Name: p.Name, About: p.About, Must: p.Must, Aim: p.Aim, ForComparison: p.ForComparison}
	var of []partFile           // parts that have the property
	var had []CertifiedProperty // the property in each of them
	for _, part := range parts {
		i := slices.IndexFunc(part.Properties, func(had CertifiedProperty) bool { return had.Name == p.Name })
		if i < 0 {
			continue
		}
		of, had = append(of, part), append(had, part.Properties[i])
		merged.Seconds += part.Properties[i].Seconds
	}
	merged.Steal = meanSteal(had)
	switch {
	case len(of) == 0:
		return nil, nil
	case p.Checks != nil:
		return merged, p.mergeChecks(l, merged, parts, of, had)
	case len(of) > 1:
		return nil, fmt.Errorf("property %s is in both %s and %s, but belongs to one part", p.Name, of[0].name, of[1].name)
	}
	merged.Outcome = had[0].Outcome
	merged.Text = fmt.Sprintf("Measured in part %v, on %s. %s", of[0].Part, cpuOrUnknown(of[0].Environment), had[0].Text)
	return merged, nil
}

// meanSteal returns the mean steal of parts, by their time; nil if it is unknown of one.
func meanSteal(had []CertifiedProperty) *float64 {
	stolen, all := 0.0, 0.0
	for _, p := range had {
		if p.Steal == nil {
			return nil
		}
		stolen, all = stolen+*p.Steal*p.Seconds, all+p.Seconds
	}
	if all <= 0 {
		return nil
	}
	return new(stolen / all)
}

// mergeChecks judges the checks of all parts for a property together.
func (p Property) mergeChecks(l *Lab, merged *CertifiedProperty, parts, of []partFile, had []CertifiedProperty) error {
	if len(of) < len(parts) {
		i := slices.IndexFunc(parts, func(part partFile) bool { return !slices.Contains(of, part) })
		return fmt.Errorf("%s: property %s is not measured, but %s has it; run the command of that part again to resume it",
			parts[i].name, p.Name, of[0].name)
	}
	set := p.Checks(l)
	var all []CheckResult
	var skipped []string
	seeds := map[uint64]string{}
	byCPU := map[string][]CheckResult{}
	for i, part := range of {
		from, to := spanOf(*part.Part, set.n)
		switch {
		case had[i].Verdict == Skipped:
			skipped = append(skipped, fmt.Sprintf("part %v: %s", part.Part, had[i].Text))
			continue
		case had[i].Verdict != Partial || len(had[i].Checks) != to-from:
			return fmt.Errorf("%s: property %s has %d checks, but part %v needs %d", part.name, p.Name, len(had[i].Checks),
				part.Part, to-from)
		}
		for _, v := range had[i].Checks {
			if other := seeds[v.Seed]; other != "" {
				return fmt.Errorf("%s: property %s has a check with seed %d, and so has %s: give all parts the same --seed, or "+
					"seeds that are further apart", part.name, p.Name, v.Seed, other)
			}
			seeds[v.Seed] = part.name
		}
		all = append(all, had[i].Checks...)
		cpu := cpuOrUnknown(part.Environment)
		byCPU[cpu] = append(byCPU[cpu], had[i].Checks...)
	}
	switch {
	case len(skipped) == len(of):
		merged.Outcome = Outcome{Verdict: Skipped, Text: had[0].Text, Measures: []Measure{}}
		return nil
	case len(skipped) > 0:
		merged.Outcome = Outcome{Verdict: Unjudged, Measures: []Measure{},
			Text: fmt.Sprintf("Only %d of %d checks were made. %s", len(all), set.n, strings.Join(skipped, " "))}
	default:
		merged.Outcome = set.judge(all)
	}
	merged.Table = fleetTable(byCPU, all)
	return nil
}

func cpuOrUnknown(e record.Environment) string { return cmp.Or(e.CPU, "an unknown CPU") }

// fleetTable returns a table of the checks by CPU model, with a row for all.
func fleetTable(byCPU map[string][]CheckResult, all []CheckResult) *Table {
	t := &Table{Header: []string{"CPU", "identical: checks", "passed", "false alarms", "p50", "slower: checks", "found",
		"passed", "p50"}}
	row := func(name string, checks []CheckResult) {
		alike, slower := byKind(checks)
		t.Rows = append(t.Rows, slices.Concat([]string{name},
			kindCells(alike, analysis.Pass, analysis.Regression), kindCells(slower, analysis.Regression, analysis.Pass)))
	}
	cpus := make([]string, 0, len(byCPU))
	for cpu := range byCPU {
		cpus = append(cpus, cpu)
	}
	slices.Sort(cpus)
	for _, cpu := range cpus {
		row(cpu, byCPU[cpu])
	}
	row("all", all)
	return t
}

// kindCells returns the number of checks of a kind, the number with each of two verdicts, and their median time.
func kindCells(checks []CheckResult, right, wrong string) []string {
	if len(checks) == 0 {
		return []string{"0", none, none, none}
	}
	return []string{fmt.Sprint(len(checks)), fmt.Sprint(countVerdict(checks, right)),
		fmt.Sprint(countVerdict(checks, wrong)), timeMeasure("", checks, 0.5, nil, nil).value()}
}

// byKind divides checks into those of identical programs (alike) and those with a slower candidate.
func byKind(all []CheckResult) (alike, slower []CheckResult) {
	for _, v := range all {
		if v.Slower > 0 {
			slower = append(slower, v)
		} else {
			alike = append(alike, v)
		}
	}
	return alike, slower
}
