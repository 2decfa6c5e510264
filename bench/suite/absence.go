package suite

import (
	"errors"
	"slices"
	"strings"

	"forktax/bench/scenario"
)

// An Absence is a program or file that is not installed. The groups and contenders that need it are left out.
type Absence struct {
	at     string // place of the first one in the file
	names  []string
	why    error
	groups []string // groups that are left out as their baselines are
}

func (a *Absence) Error() string {
	text := a.at + ": " + strings.Join(a.names, "; ") + ": " + a.why.Error()
	for _, group := range a.groups {
		text += leftOut(group)
	}
	return text
}

func (a *Absence) Unwrap() error { return a.why }

// addAbsence records that what is named at this place needs something that is not installed.
func (p *preparation) addAbsence(at, name string, why error) {
	for _, missing := range p.Missing {
		a := new(Absence)
		if errors.As(missing, &a) && a.why.Error() == why.Error() {
			a.names = append(a.names, name)
			return
		}
	}
	p.Missing = append(p.Missing, &Absence{at: at, names: []string{name}, why: why})
}

// loseGroup adds to the reason why a baseline is not measured that its group is left out.
func (p *preparation) loseGroup(baseline scenario.Contender) {
	for _, missing := range p.Missing {
		a := new(Absence)
		if errors.As(missing, &a) && slices.Contains(a.names, p.title(baseline.Group, baseline.Name)) {
			a.groups = append(a.groups, baseline.Group)
		}
	}
	for i, f := range p.Failed {
		if f.Workload == baseline.Group && f.Name == baseline.Name {
			p.Failed[i].Why += leftOut(baseline.Group)
		}
	}
	for i, why := range p.Lacking {
		if strings.HasPrefix(why, baseline.At+": ") {
			p.Lacking[i] += leftOut(baseline.Group)
		}
	}
}

// leftOut returns the end of a text about the baseline of a group.
func leftOut(group string) string {
	return "; the group " + group + " has no baseline, so it is left out"
}

// title returns the name of a group, or of a contender in it.
func (p *preparation) title(group, contender string) string {
	switch {
	case contender == "":
		return group
	case len(p.suite.Groups) > 1:
		return group + ", " + contender
	}
	return contender
}
