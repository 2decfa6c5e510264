package merge

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// A part is a run directory with a part of a run.
type part struct {
	dir string
	*record.Result
	problems []string
	clock    *record.ClockOffset // of all readings together, or the first one if they differ; nil if it is unknown
	later    *record.ClockOffset // the last reading, if they differ
	adjusted time.Duration       // by how much two readings differ, at least
	ahead    time.Duration       // how much its clock is behind that of the others, at least; negative: ahead of it
	starts   int                 // starts of the targets, in a check
	lost     bool                // it was killed, or its directory is missing
}

// name returns the number of the part and its directory, for messages.
func (p part) name() string { return fmt.Sprintf("part %v (%s)", p.Plan.Part, p.dir) }

// Read reads the parts in dirs and sorts them by number. It returns an error if they are not all parts of the same run,
// made by this version of forktax. Missing parts of a check are added as lost ones.
func Read(dirs []string, version string) (Parts, error) {
	var parts Parts
	for _, dir := range dirs {
		dir, err := runIn(dir)
		if err != nil {
			return nil, err
		}
		r, err := record.Read(dir)
		if err != nil {
			return nil, err
		}
		switch {
		case len(r.Parts) > 0:
			return nil, fmt.Errorf("%s: already merged; give the run directories of the parts", dir)
		case !isFileName(r.ID):
			return nil, fmt.Errorf("%s: the ID of the run, %q, is not the name of a directory", dir, r.ID)
		case len(r.Plan.Cells) == 0:
			return nil, fmt.Errorf("%s: the plan has no cells", dir)
		case !r.Plan.Part.IsOne():
			return nil, fmt.Errorf("%s: a whole run; give parts, made by forktax run --part or forktax check --part", dir)
		case r.Version != version:
			return nil, fmt.Errorf("%s: made by forktax %s, but this is %s: measure all parts, and merge them, with the same "+
				"version", dir, r.Version, version)
		}
		parts = append(parts, &part{dir: dir, Result: r})
	}
	if len(parts) == 0 {
		return nil, errors.New("no part given")
	}
	if err := samePlan(parts); err != nil {
		return nil, err
	}
	var given []plan.NamedPart
	for _, p := range parts {
		given = append(given, plan.NamedPart{Part: *p.Plan.Part, Name: p.dir})
	}
	missing, err := plan.MissingParts(given)
	if err == nil && parts[0].Plan.Check == nil { // every block of a run needs all parts
		err = plan.AllParts(given)
	}
	if err != nil {
		return nil, err
	}
	for _, m := range missing {
		parts = append(parts, lost(m))
	}
	slices.SortFunc(parts, func(a, b *part) int { return a.Plan.Part.Number - b.Plan.Part.Number })
	return parts, samePrograms(parts)
}

// lost returns a part of a check without a directory.
func lost(number plan.Part) *part {
	p := &part{Result: &record.Result{}}
	p.Plan.Part, p.Plan.Check = &number, &plan.CheckSpec{}
	return p
}

// isFileName reports whether an ID can be the name of a directory; files of parts may be of other users.
func isFileName(id string) bool { return filepath.IsLocal(id) && filepath.Base(id) == id && id != "." }

// runIn returns the directory of a run: dir, or the only one in it.
func runIn(dir string) (string, error) {
	for _, run := range []string{dir, filepath.Dir(dir)} { // or a file of it
		if info, err := os.Stat(dir); err == nil && info.IsDir() == (run == dir) && record.IsRun(run) {
			return run, nil
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("reading a part: %w", err)
	}
	var runs []string
	for _, e := range entries {
		if below := filepath.Join(dir, e.Name()); record.IsRun(below) {
			runs = append(runs, below)
		}
	}
	switch len(runs) {
	case 0:
		return "", fmt.Errorf("%s: contains no run: give the run directories of the parts", dir)
	case 1:
		return runs[0], nil
	}
	return "", fmt.Errorf("%s: contains %d runs, %s: name those of the parts", dir, len(runs), strings.Join(runs, ", "))
}

// samePlan returns an error if the parts do not have the same plan. What each machine finds out for itself may differ.
func samePlan(parts []*part) error {
	first, err := comparable(parts[0].Plan)
	if err != nil {
		return err
	}
	for _, p := range parts[1:] {
		if a, b := parts[0].Plan.Part.Of, p.Plan.Part.Of; a != b {
			return fmt.Errorf("%s is part %v, but %s is part %v: all must have the same number of parts", parts[0].dir,
				parts[0].Plan.Part, p.dir, p.Plan.Part)
		}
		other, err := comparable(p.Plan)
		if err != nil {
			return err
		}
		if where := difference(first, other, ""); where != "" {
			return fmt.Errorf("the plans of %s and %s differ in %s: all parts need the same options, --seed and --start-at, "+
				"and servers that respond alike", parts[0].dir, p.dir, where)
		}
	}
	return nil
}

// comparable returns the plan as JSON values, without what each part finds out for itself.
func comparable(p plan.Plan) (value any, err error) {
	p.Part, p.Traps, p.OtherClocks = nil, nil, nil
	if p.Check != nil { // counts are measured by each part, and a program may have another path
		c := *p.Check
		c.Counts, c.LeftOut, c.Titles = nil, nil, nil
		p.Check = &c
		p.Workloads, p.Cells = slices.Clone(p.Workloads), slices.Clone(p.Cells)
		for i := range p.Workloads { // an executable without the program contract is named after its file
			p.Workloads[i].Name = "program"
		}
		for i := range p.Cells {
			p.Cells[i].Workload = "program"
		}
		p.Variants, p.FloorMissing, p.Seed, p.Floor = nil, "", 0, ""
	}
	text, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(text, &value)
	}
	return value, err
}

// difference returns where two JSON values differ first, with both values; "" if they are equal.
func difference(a, b any, at string) string {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok {
			break
		}
		var keys []string
		for key := range x {
			keys = append(keys, key)
		}
		for key := range y {
			if _, both := x[key]; !both {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			if where := difference(x[key], y[key], strings.TrimPrefix(at+"."+key, ".")); where != "" {
				return where
			}
		}
		return ""
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			break
		}
		for i := range x {
			if where := difference(x[i], y[i], fmt.Sprintf("%s[%d]", at, i)); where != "" {
				return where
			}
		}
		return ""
	default:
		if a == b {
			return ""
		}
	}
	return fmt.Sprintf("%s (%s and %s)", at, shown(a), shown(b))
}

// shown returns a JSON value for a message.
func shown(v any) string {
	const longest = 80
	text, err := json.Marshal(v)
	if err != nil || v == nil {
		return "nothing"
	}
	if s := string(text); len(s) <= longest {
		return s
	}
	return string(text[:longest]) + "…"
}
