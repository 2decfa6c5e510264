package measure

import (
	"slices"
	"strings"

	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

// pin gives the load generator and the targets cores of their own. It returns a function that does so for half of
// the starts, and lets them share all cores in the others; nil if the options ask for nothing.
func (p *preparation) pin(made *plan.Plan) (place func(start int) (shared bool, err error), err error) {
	if !p.Pin && len(p.Cores) == 0 {
		return nil, nil
	}
	var targets []string
	for _, t := range made.Targets() {
		if !slices.Contains(targets, t.Model) {
			targets = append(targets, t.Model)
		}
	}
	given := map[string]string{}
	for i, text := range p.Cores {
		name, cores, _ := strings.Cut(text, "=")
		if name != machine.GeneratorName && !slices.Contains(targets, name) {
			return nil, subject.InvalidElement("cores", i, "%q: must be name=cores with one of the names %s, %s", text,
				machine.GeneratorName, strings.Join(targets, ", "))
		}
		given[name] = cores
	}
	placement, err := machine.NewPlacement(given)
	if err != nil && len(p.Cores) > 0 {
		return nil, subject.InvalidOption("cores", "%v", err)
	}
	if err != nil {
		return nil, err
	}
	made.Pin = placement.Describe(targets)
	place = func(start int) (bool, error) {
		shared := (start%4 == 1 || start%4 == 2) && !made.Searched // A B B A: a drift of the machine cancels
		if p.launcher.Place = placement.Start; shared {
			p.launcher.Place, p.launcher.StartFunc = nil, nil
		}
		return shared, placement.Generator(!shared)
	}
	p.launcher.StartFunc = func(start func() error) error { return placement.Start("", start) } // of a database server
	_, err = place(0)
	return place, err
}
