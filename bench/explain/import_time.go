package explain

import (
	"bytes"
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Import is one module that a Python program imported.
type Import struct {
	Name       string `json:"name"`
	Within     string `json:"within,omitempty"` // the module that was being imported then
	Self       int64  `json:"self_ns"`
	Cumulative int64  `json:"cumulative_ns"` // with all that it imported first

	depth int
}

// importHead begins what a Python process writes; importLine is one module. Two spaces stand for each level.
var (
	importHead = []byte("import time: self [us] | cumulative | imported package")
	importLine = regexp.MustCompile(`(?m)^import time: +(\d{1,15}) \| +(\d{1,15}) \| ( *)(\S+) *$`)
)

// parseImports reads what -X importtime makes Python write, where a module comes after those that it imports. Children
// may be Python, too, and write heads of their own; the first is taken.
func parseImports(log []byte) []Import {
	_, log, found := bytes.Cut(log, importHead)
	if !found {
		return nil
	}
	log, _, _ = bytes.Cut(log, importHead)
	var all []Import
	for _, m := range importLine.FindAllSubmatch(log, -1) {
		self, _ := strconv.ParseInt(string(m[1]), 10, 64) // so many digits fit in
		cumulative, _ := strconv.ParseInt(string(m[2]), 10, 64)
		all = append(all, Import{
			Name:       string(m[4]),
			Self:       self * int64(time.Microsecond),
			Cumulative: cumulative * int64(time.Microsecond),
			depth:      len(m[3]) / 2,
		})
	}
	var within []string // the module at each depth, read backwards
	for i, m := range slices.Backward(all) {
		depth := min(m.depth, len(within)) // if the line of its parent is missing
		within = append(within[:depth], m.Name)
		if all[i].depth = depth; depth > 0 {
			all[i].Within = within[depth-1]
		}
	}
	return all
}

// imports starts the program some times and takes the medians. A module that is tried twice, in vain, counts as one.
func (c Command) imports(ctx context.Context, starts int) ([]Import, error) {
	parse := func(log []byte) []Import { return merged(parseImports(log)) }
	return typical(ctx, c.With("PYTHONPROFILEIMPORTTIME=1"), starts, parse, Import.key,
		func(m *Import) *int64 { return &m.Self }, func(m *Import) *int64 { return &m.Cumulative })
}

func (m Import) key() string { return m.Within + " " + m.Name }

// merged adds up what has the same name at the same place.
func merged(run []Import) []Import {
	var all []Import
	at := map[string]int{}
	for _, m := range run {
		i, again := at[m.key()]
		if !again {
			at[m.key()] = len(all)
			all = append(all, m)
			continue
		}
		all[i].Self += m.Self
		all[i].Cumulative += m.Cumulative
	}
	return all
}

// A root is a module that the interpreter, or the script, imported, with all that it imported in turn.
type root struct {
	Import
	below     int    // how many modules
	costliest string // of those, by what it took itself
}

// roots divides the imports up.
func roots(all []Import) []root {
	var found []root
	var below int
	var costliest Import
	for _, m := range all {
		if m.depth > 0 {
			below++
			if m.Self > costliest.Self {
				costliest = m
			}
			continue
		}
		found = append(found, root{m, below, strings.TrimSpace(costliest.Name)})
		below, costliest = 0, Import{}
	}
	return found
}
