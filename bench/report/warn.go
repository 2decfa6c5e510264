package report

import (
	"fmt"
	"slices"
	"strings"

	"forktax/bench"
	"forktax/bench/program"
)

// warnings looks for what a reader must know. The rules look at what was measured, never at which side it favours.
func warnings(a *Analysis) []Warning {
	found := []Warning{}
	if !a.Run.Complete {
		found = append(found, Warning{Code: "incomplete",
			Text:   fmt.Sprintf("the run was not completed: %s", a.Run.Condition),
			Advice: "what is shown was measured, but from fewer rounds than planned; run it again for the whole"})
	}
	for _, c := range a.Cells {
		if c.Errors > 0 {
			found = append(found, Warning{Code: "errors", Cell: c.String(),
				Text:   fmt.Sprintf("%d of %d requests failed: %s%s", c.Errors, c.Requests, c.ErrorsByClass, c.complained()),
				Advice: "failed requests are in no percentile; find the reason before comparing this cell"})
		}
	}
	if w, ok := tooManyInvalid(a); ok {
		found = append(found, w)
	}
	if w, ok := fewRounds(a); ok {
		found = append(found, w)
	}
	if slices.Contains(a.engines(), "hey") {
		found = append(found, Warning{Code: "hey", Text: "the load was offered by hey, which is heavier than the engine epoll",
			Advice: "epoll runs on Linux, for http; hey is for https, other systems, and for comparison"})
	}
	if w, ok := heavyGenerator(a); ok {
		found = append(found, w)
	}
	return found
}

// complained is what the cell's target logged when requests failed.
func (c Cell) complained() string {
	if len(c.Complaints) == 0 {
		return ""
	}
	return "; it logged: " + strings.Join(c.Complaints, "; ")
}

// foreign warns that nothing is known of what servers cost that somebody else runs: models that their workload has not.
func foreign(r *bench.Result) []Warning {
	var names []string
	for _, c := range r.Plan.Cells {
		for _, w := range r.Plan.Workloads {
			known := len(w.Models) == 0 && w.Name != program.ForeignWorkload || slices.Contains(w.Models, c.Model)
			if w.Name == c.Workload && !known && !slices.Contains(names, c.Model) {
				names = append(names, c.Model)
			}
		}
	}
	if names == nil {
		return nil
	}
	return []Warning{{Code: "foreign", Cell: strings.Join(names, "; "),
		Text:   fmt.Sprintf("nothing is known of the CPU, processes and memory of %s", strings.Join(names, ", ")),
		Advice: "somebody else runs it; a program that keeps the program contract tells its cost"}}
}

// Inconclusive is the code of the warning that the run says too little.
const Inconclusive = "inconclusive"

// tooManyInvalid finds cells of which more than a fifth of the blocks is invalid.
func tooManyInvalid(a *Analysis) (Warning, bool) {
	var names []string
	reasons := Counts{}
	for _, c := range a.Cells {
		fewest := fewestToAccuse
		if c.InvalidBlocks == c.Blocks {
			fewest = fewestIfAll
		}
		if c.Blocks >= fewest && float64(c.InvalidBlocks) > mostInvalid*float64(c.Blocks) {
			names = append(names, fmt.Sprintf("%s (%d of %d)", c, c.InvalidBlocks, c.Blocks))
			for reason, n := range c.Invalid {
				reasons[reason] += n
			}
		}
	}
	if names == nil {
		return Warning{}, false
	}
	return Warning{Code: Inconclusive, Cell: strings.Join(names, "; "),
		Text: fmt.Sprintf("more than a fifth of the blocks of %d cells is invalid: %s", len(names), reasons),
		Advice: "METHOD.md says what each reason means; measure on a quieter machine, or at a rate that the generator can " +
			"keep, and longer"}, true
}

func fewRounds(a *Analysis) (Warning, bool) {
	for _, c := range a.Comparisons {
		if c.RatioLow == nil {
			return Warning{Code: "few-rounds",
				Text:   fmt.Sprintf("%d pairs of blocks are too few for an interval", c.Blocks),
				Advice: "a 95 % interval needs six: give more time by --budget, or more --rounds"}, true
		}
	}
	return Warning{}, false
}

// heavyGenerator warns when the harness used more processor time than what it measured: on the same machine the two
// compete, and the faster target loses more by it.
func heavyGenerator(a *Analysis) (Warning, bool) {
	var names []string
	own := a.ownCells()
	for _, c := range own {
		if c.CPUPerRequest != nil && c.GeneratorCPU != nil && *c.GeneratorCPU > *c.CPUPerRequest {
			names = append(names, c.String())
		}
	}
	if names == nil {
		return Warning{}, false
	}
	return Warning{Code: "heavy-generator", Cell: strings.Join(names, "; "),
		Text: fmt.Sprintf("the load generator used more CPU than the server in %d of %d cells", len(names), len(own)),
		Advice: "response time and throughput of these cells are the generator's as much as the server's, which makes the " +
			"fork tax look smaller; CPU a request is not touched by it"}, true
}
