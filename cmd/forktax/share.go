package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// A share is a part of something, said and shown in per cent.
type share float64

var _ pflag.Value = (*share)(nil)

// String implements pflag.Value.
func (s *share) String() string { return strconv.FormatFloat(100*float64(*s), 'g', 10, 64) + "%" }

// Set implements pflag.Value. A number alone could mean either.
func (s *share) Set(text string) error {
	number, found := strings.CutSuffix(strings.TrimSpace(text), "%")
	v, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if !found || err != nil || v != v || v < -1e6 || v > 1e6 {
		return fmt.Errorf("a percentage such as 3%% is needed")
	}
	*s = share(v / 100)
	return nil
}

// Type implements pflag.Value.
func (s *share) Type() string { return "percentage" }
