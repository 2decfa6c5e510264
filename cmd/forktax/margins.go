package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/plan"
)

// margins is a flag that is given once for all measured gates, as 3%, and once for a gate, as cpu_per_request=5% or
// files_opened=20%,+10.
type margins struct {
	all    share
	given  bool // all is not the default
	byGate map[string]plan.Margin
}

var _ pflag.Value = (*margins)(nil)

// String implements pflag.Value.
func (m *margins) String() string { return m.all.String() }

// Type implements pflag.Value.
func (m *margins) Type() string { return "[gate=]margin" }

// Set implements pflag.Value. That there is such a gate is for check.Options to validate.
func (m *margins) Set(text string) error {
	gate, value, found := strings.Cut(text, "=")
	if !found {
		return m.setAll(text)
	}
	gate = strings.TrimSpace(gate)
	if before, ok := m.byGate[gate]; ok {
		return fmt.Errorf("%s has the margin %v already; give one for each gate", gate, before)
	}
	margin, err := parseMargin(value)
	if err != nil {
		return err
	}
	if m.byGate == nil {
		m.byGate = map[string]plan.Margin{}
	}
	m.byGate[gate] = margin
	return nil
}

func (m *margins) setAll(text string) error {
	if m.given {
		return fmt.Errorf("the margin of all measured gates is %v already; that of one gate is given as cpu_per_request=5%%",
			&m.all)
	}
	if err := m.all.Set(text); err != nil {
		return fmt.Errorf("%w; that of one gate is given as cpu_per_request=5%% or files_opened=20%%,+10", err)
	}
	m.given = true
	return nil
}

// gateMargin is 20%, +10, or 20%,+10. A record has no counts of more than 12 digits.
var gateMargin = regexp.MustCompile(`^(?:(.+%)|(?:(.+%),)?\+([0-9]{1,12}))$`)

func parseMargin(text string) (m plan.Margin, err error) {
	parts := gateMargin.FindStringSubmatch(strings.ReplaceAll(text, " ", ""))
	var s share
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
