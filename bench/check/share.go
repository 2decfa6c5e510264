package check

import (
	"fmt"
	"strconv"
	"strings"
)

// A Share is the value of a flag that is written as a percentage; 0.03 is 3%.
type Share float64

// String implements pflag.Value.
func (s *Share) String() string { return strconv.FormatFloat(100*float64(*s), 'g', 10, 64) + "%" }

// Set implements pflag.Value. It requires the percent sign: a bare number could be a share or a percentage.
func (s *Share) Set(text string) error {
	number, found := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !found || err != nil || v != v || v < -1e6 || v > 1e6 {
		return fmt.Errorf("must be a percentage such as 3%%")
	}
	*s = Share(v / 100)
	return nil
}

// Type implements pflag.Value.
func (s *Share) Type() string { return "percentage" }
