package plan

import (
	"fmt"
	"strconv"
)

// A Margin is the largest increase that is not a regression. An increase is a regression if it is above both Share and
// Count.
type Margin struct {
	Share float64 `json:"share"`           // relative to the base; 0.2 is 20%
	Count int64   `json:"count,omitempty"` // absolute, for a metric that is a count
}

// MarginOf returns the margin of a metric. Records of older versions have one margin for all metrics.
func (c *CheckSpec) MarginOf(metric string) Margin {
	if m, ok := c.Margins[metric]; ok {
		return m
	}
	return Margin{Share: c.Margin}
}

// rounding is the largest relative rounding error of a share of a count.
const rounding = 1e-9

// Exceeded reports whether the candidate's count is above the base's by more than the margin.
func (m Margin) Exceeded(base, candidate float64) bool {
	more := candidate - base
	return more > m.Share*base*(1+rounding) && more > float64(m.Count)
}

// String returns the margin as the value of a flag: 3%, +10, or 20%,+10.
func (m Margin) String() string {
	share := strconv.FormatFloat(100*m.Share, 'g', 10, 64) + "%"
	if m.Count == 0 {
		return share
	}
	count := fmt.Sprintf("+%d", m.Count)
	if m.Share == 0 {
		return count
	}
	return share + "," + count
}
