package plan

import (
	"fmt"
	"strconv"
)

// A Margin is an increase that is not a regression. Only an increase above both the share and the number is one.
type Margin struct {
	Share float64 `json:"share"`           // of the base; 0.2 is 20 %
	Count int64   `json:"count,omitempty"` // of a metric that is counted
}

// MarginOf returns the margin of a metric. A record of a version that had one margin for all metrics has no others.
func (c *CheckSpec) MarginOf(metric string) Margin {
	if m, ok := c.Margins[metric]; ok {
		return m
	}
	return Margin{Share: c.Margin}
}

// rounding is the relative error by which a share of a count may be computed too small.
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
