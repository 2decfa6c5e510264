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

// An Import is a module that a Python program imported.
type Import struct {
	Name       string `json:"name"`
	Within     string `json:"within,omitempty"` // the importing module
	Self       int64  `json:"self_ns"`
	Cumulative int64  `json:"cumulative_ns"` // including the modules that it imported

	depth int
}

// importHead is the header that each Python process writes; importLine is the line of one module. Each level is
// indented by two spaces.
var (
	importHead = []byte("import time: self [us] | cumulative | imported package")
	importLine = regexp.MustCompile(`(?m)^import time: +(\d{1,15}) \| +(\d{1,15}) \| ( *)(\S+) *$`)
)

// parseImports parses the output of Python's -X importtime, which lists a module after those that it imports. Children
// that are Python programs write further headers; only the first process is read.
func parseImports(log []byte) []Import {
	_, log, found := bytes.Cut(log, importHead)
	if !found {
		return nil
	}
	log, _, _ = bytes.Cut(log, importHead)
	var all []Import
	for _, m := range importLine.FindAllSubmatch(log, -1) {
		self, _ := strconv.ParseInt(string(m[1]), 10, 64) // at most 15 digits always fit
		cumulative, _ := strconv.ParseInt(string(m[2]), 10, 64)
		all = append(all, Import{
			Name:       string(m[4]),
			Self:       self * int64(time.Microsecond),
			Cumulative: cumulative * int64(time.Microsecond),
			depth:      len(m[3]) / 2,
		})
	}
	var within []string // the current module at each depth, going backwards
	for i, m := range slices.Backward(all) {
		depth := min(m.depth, len(within)) // if the line of its parent is missing
		within = append(within[:depth], m.Name)
		if all[i].depth = depth; depth > 0 {
			all[i].Within = within[depth-1]
		}
	}
	return all
}

// imports starts the program several times and returns the medians. A module that is attempted twice and not found
// counts once.
func (c Command) imports(ctx context.Context, starts int) ([]Import, error) {
	parse := func(log []byte) []Import { return merged(parseImports(log)) }
	return typical(ctx, c.With("PYTHONPROFILEIMPORTTIME=1"), starts, parse, Import.key,
		func(m *Import) *int64 { return &m.Self }, func(m *Import) *int64 { return &m.Cumulative })
}

func (m Import) key() string { return m.Within + " " + m.Name }

// merged adds up the imports of the same module by the same module.
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

// A root is a module that the interpreter or the script imported, with the modules imported in turn.
type root struct {
	Import
	below     int    // the number of modules imported in turn
	costliest string // the one of these with the highest own time
}

// roots groups the imports by root.
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
