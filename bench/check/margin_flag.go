package check

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/plan"
)

// A MarginFlag is the value of a repeatable flag: once for all measured gates, such as 3%, and once for each single
// gate, such as cpu_per_request=5% or files_opened=20%,+10.
type MarginFlag struct {
	All    Share                  // margin of all measured gates
	ByGate map[string]plan.Margin // margins of single gates, by metric

	given bool // the user set All
}

// String implements pflag.Value.
func (m *MarginFlag) String() string { return m.All.String() }

// Type implements pflag.Value.
func (m *MarginFlag) Type() string { return "[gate=]margin" }

// Set implements pflag.Value. It does not validate the name of the gate; Options.Validate does.
func (m *MarginFlag) Set(text string) error {
	gate, value, found := strings.Cut(text, "=")
	if !found {
		return m.setAll(text)
	}
	gate = strings.TrimSpace(gate)
	if before, ok := m.ByGate[gate]; ok {
		return fmt.Errorf("%s already has margin %v; give one margin per gate", gate, before)
	}
	margin, err := parseMargin(value)
	if err != nil {
		return err
	}
	if m.ByGate == nil {
		m.ByGate = map[string]plan.Margin{}
	}
	m.ByGate[gate] = margin
	return nil
}

func (m *MarginFlag) setAll(text string) error {
	if m.given {
		return fmt.Errorf("the margin of all measured gates is already %v; for a single gate write cpu_per_request=5%%",
			&m.All)
	}
	if err := m.All.Set(text); err != nil {
		return fmt.Errorf("%w; for a single gate write cpu_per_request=5%% or files_opened=20%%,+10", err)
	}
	m.given = true
	return nil
}

// MarginGates returns the prefixes "gate=" of all gates, for shell completion of the flag.
func MarginGates() (values []string) {
	counted, measured := analysis.Gated()
	for _, gate := range slices.Concat(counted, measured) {
		values = append(values, gate+"=")
	}
	return values
}

// gateMargin matches 20%, +10, and 20%,+10. Counts in a record have at most 12 digits.
var gateMargin = regexp.MustCompile(`^(?:(.+%)|(?:(.+%),)?\+([0-9]{1,12}))$`)

func parseMargin(text string) (m plan.Margin, err error) {
	parts := gateMargin.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	var s Share
	if parts != nil {
		if part := parts[1] + parts[2]; part != "" { // at most one of them is set
			err = s.Set(part)
		}
	}
	if parts == nil || err != nil {
		return m, errors.New("after gate=, give a percentage (20%), a count (+10), or both (20%,+10)")
	}
	m.Share = float64(s)
	if parts[3] != "" {
		m.Count, err = strconv.ParseInt(parts[3], 10, 64)
	}
	return m, err
}
