package report

import (
	"fmt"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// savingsText says what would save how much.
func savingsText(d analysis.Decision) string {
	var parts []string
	for _, s := range d.Savings {
		most := ""
		if s.AtMost {
			most = "up to "
		}
		parts = append(parts, fmt.Sprintf("%s %s%s (%.0f %%)", s.By, most, units.Duration(s.NS), s.Share*100))
	}
	return strings.Join(parts, ", ")
}
