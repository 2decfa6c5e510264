package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Counts holds a number by kind, such as failed requests by class.
type Counts map[string]int

// String lists the kinds in order: "3 closed, 12 wrong status".
func (c Counts) String() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		parts = append(parts, fmt.Sprintf("%d %s", c[kind], kind))
	}
	return strings.Join(parts, ", ")
}
