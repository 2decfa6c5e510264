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

// A MarginFlag is the value of a flag that is given once for all measured gates, as 3%, and once for a single gate, as
// cpu_per_request=5% or files_opened=20%,+10.
type MarginFlag struct {
	All    Share                  // of all measured gates
	ByGate map[string]plan.Margin // by metric

	given bool // All is not the default
}

// String implements pflag.Value.
func (m *MarginFlag) String() string { return m.All.String() }

// Type implements pflag.Value.
func (m *MarginFlag) Type() string { return "[gate=]margin" }

// Set implements pflag.Value. That there is such a gate is for Options to validate.
func (m *MarginFlag) Set(text string) error {
	gate, value, found := strings.Cut(text, "=")
	if !found {
		return m.setAll(text)
	}
	gate = strings.TrimSpace(gate)
	if before, ok := m.ByGate[gate]; ok {
		return fmt.Errorf("%s has the margin %v already; give one for each gate", gate, before)
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
		return fmt.Errorf("the margin of all measured gates is %v already; that of one gate is given as cpu_per_request=5%%",
			&m.All)
	}
	if err := m.All.Set(text); err != nil {
		return fmt.Errorf("%w; that of one gate is given as cpu_per_request=5%% or files_opened=20%%,+10", err)
	}
	m.given = true
	return nil
}

// MarginGates lists what can precede the margin of a gate in the flag, for shells to complete.
func MarginGates() (values []string) {
	counted, measured := analysis.Gated()
	for _, gate := range slices.Concat(counted, measured) {
		values = append(values, gate+"=")
	}
	return values
}

// gateMargin is 20%, +10, or 20%,+10. A record has no counts of more than 12 digits.
var gateMargin = regexp.MustCompile(`^(?:(.+%)|(?:(.+%),)?\+([0-9]{1,12}))$`)

func parseMargin(text string) (m plan.Margin, err error) {
	parts := gateMargin.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	var s Share
	if parts != nil {
		if part := parts[1] + parts[2]; part != "" { // one of both is empty
			err = s.Set(part)
		}
	}
	if parts == nil || err != nil {
		return m, errors.New("a percentage such as 20%, a number such as +10, or both, as in 20%,+10, is needed after the " +
			"name of the gate")
	}
	m.Share = float64(s)
	if parts[3] != "" {
		m.Count, err = strconv.ParseInt(parts[3], 10, 64)
	}
	return m, err
}
