package suite

import (
	"errors"
	"slices"
	"strings"

	"forktax/bench/scenario"
)

// An Absence is a program or file that is not installed. The groups and contenders that need it are left out.
type Absence struct {
	At    string // place of the first one in the file
	Names []string
	Why   error

	group string // group that is left out as its baseline is; "" if there is none
}

func (a *Absence) Error() string {
	text := a.At + ": " + strings.Join(a.Names, "; ") + ": " + a.Why.Error()
	if a.group != "" {
		text += "; the group " + a.group + " has no baseline, so it is left out"
	}
	return text
}

func (a *Absence) Unwrap() error { return a.Why }

// addAbsence records that what is named at this place needs something that is not installed.
func (p *preparation) addAbsence(at, name string, why error) {
	for _, missing := range p.Missing {
		a := new(Absence)
		if errors.As(missing, &a) && a.Why.Error() == why.Error() {
			a.Names = append(a.Names, name)
			return
		}
	}
	p.Missing = append(p.Missing, &Absence{At: at, Names: []string{name}, Why: why})
}

// loseByAbsence adds to the absence of a baseline, if there is one, that its group is left out.
func (p *preparation) loseByAbsence(baseline scenario.Contender) {
	for _, missing := range p.Missing {
		a := new(Absence)
		if errors.As(missing, &a) && slices.Contains(a.Names, p.title(baseline.Group, baseline.Name)) {
			a.group = baseline.Group
		}
	}
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
