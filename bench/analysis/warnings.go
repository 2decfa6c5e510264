package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"forktax/bench/record"
	"forktax/bench/units"
)

// warnings adds to the traps what a reader must know. The rules look at what was measured, never at which side it favours.
func warnings(r *record.Result, measured []measurements, a *Analysis) []Warning {
	found := slices.Clone(a.Warnings)
	add := func(w Warning, is bool) {
		if is {
			found = append(found, w)
		}
	}
	add(incomplete(a), !a.Run.Complete)
	if !r.Plan.Searched {
		found = append(found, failedWarnings(r.Plan, a)...)
	}
	add(unsteadyWarning(a))
	add(errorsWarning(r.Plan, a))
	if !r.Plan.Searched { // which tries rates that are too high, and says itself what it could not tell
		add(overloaded(a))
		add(starvedWarning(r.Plan, a))
		add(invalidWarning(r.Plan, a))
		add(auxiliaryInvalidWarning(r.Plan, a))
	}
	add(tooFewPairs(r.Plan, r.Blocks, measured, a))
	add(Warning{Code: "hey", Text: "the load was offered by hey, which is heavier than the engine epoll",
		Advice: "epoll runs on Linux, for http; hey is for https, other systems, and for comparison"},
		slices.Contains(a.Engines(), "hey"))
	add(stealWarning(r.Blocks))
	add(throttledWarning(r))
	add(heavyGenerator(a))
	add(skewWarning(r.Plan, measured, a))
	add(gatesLeftOut(r.Plan))
	add(noFloor(r.Plan))
	add(Warning{Code: "stored-base",
		Text: "the base was not measured in this run: its cost over the floor is that of another",
		Advice: "what differs between the days is in the comparison, though less than in times; check two programs in one " +
			"run where the base can be had"}, r.Plan.Check != nil && r.Plan.Check.Stored != nil)
	add(externalWarning(r, measured))
	add(Warning{Code: "status-only", Text: "of responses only the status was compared, as --allow-different-responses asks for",
		Advice: "--mask and --ignore-header compare the rest of them"}, r.Plan.AllowDifferent)
	add(maskedBodies(r.Plan, a))
	add(unlikeTypes(a))
	add(otherClocks(r.Plan))
	add(suiteWarning(r))
	add(noCPUWarning(a))
	add(coarselyAccounted(a))
	add(unknownDatabase(a))
	add(idleCPUWarning(r))
	add(clockDisagreement(a.ReuseLevels))
	return found
}

func incomplete(a *Analysis) Warning {
	return Warning{Code: "incomplete", Text: fmt.Sprintf("the run was not completed: %s", a.Run.Condition),
		Advice: "what is shown was measured, but from fewer rounds than planned; run it again for the whole"}
}

// warningAbout names the cells in a warning; false if there are none.
func warningAbout(cells []string, w Warning) (Warning, bool) {
	if len(cells) == 1 {
		w.Cell = cells[0]
	} else {
		w.Cells = cells
	}
	return w, len(cells) > 0
}

// firstOf names the first of several, and how many more there are.
func firstOf(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0]
	default:
		return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
	}
}

// noFloor warns that there is nothing to hold the start of a program against.
func noFloor(p record.Plan) (Warning, bool) {
	w := Warning{Code: "no-floor",
		Text: fmt.Sprintf("the floor, the smallest program that can answer, was not measured: %s", p.FloorMissing),
		Advice: "what the kernel and the host cost is in the cost of each program, and not told apart; --no-floor keeps " +
			"quiet of it"}
	if p.Check != nil {
		w.Advice = "no verdict rests on it, but this result cannot be the --base-result of another check"
	}
	return w, p.FloorMissing != ""
}

// errorsWarning counts what failed in all cells, but in those that have a warning of their own for that.
func errorsWarning(plan record.Plan, a *Analysis) (Warning, bool) {
	var names, logged []string
	reason, unknown := "", false
	all := record.FailureCount{Errors: Counts{}, Failures: record.Failures{}}
	own := map[record.Cell]bool{}
	if cells, _ := failing(plan, a); !plan.Searched {
		for _, c := range cells {
			own[c.Cell] = true
		}
	}
	for _, c := range a.Cells {
		if c.Errors > 0 && !own[c.Cell] {
			trap, starved := a.starvedBy(c)
			reason, unknown = cmp.Or(reason, trap.Code), unknown || !starved
			names = append(names, c.String())
			all.Requests += c.Requests
			logged = record.MergeLogLines(logged, c.LogLines)
			addCounts(all.Errors, c.ErrorsByClass)
			all.Failures.Merge(c.Failures, 0)
		}
	}
	if len(names) > 1 {
		all.Failures.ForgetFirst()
	}
	advice := "failed requests are in no percentile; find the reason before comparing these cells"
	if !unknown {
		advice = fmt.Sprintf("the reason is the trap %s: without it, measure these cells again", reason)
	}
	return warningAbout(names, Warning{Code: FewErrors, Text: all.Text(firstOf(names)) + FormatLog(logged), Advice: advice})
}

// FormatLog is what the targets logged when requests failed, in one line: see record.FormatLog.
func FormatLog(lines []string) string { return record.FormatLog(lines) }

// overloaded tells the lowest rate of each request and model at which requests came faster than they left.
func overloaded(a *Analysis) (Warning, bool) {
	var names, rates []string
	seen := map[[3]string]bool{}
	for _, c := range a.CellsOf(record.Open) {
		if !c.Overloaded {
			continue
		}
		names = append(names, c.String())
		key := [3]string{c.Workload, c.Request, c.Model}
		if !seen[key] {
			seen[key] = true
			rates = append(rates, fmt.Sprintf("%s, %s: %s of %s", RequestName(c.Workload, c.Request), c.Model,
				units.Optional(c.ThroughputRPS, units.Rate), units.Rate(c.Load.RateRPS)))
		}
	}
	return warningAbout(names, Warning{Code: "overload",
		Text: fmt.Sprintf("a rate that was planned was not reached by %s", strings.Join(rates, "; ")),
		Advice: "response times are then those of a queue, and longer the longer the blocks are, so they are not compared; " +
			"plan a lower rate, or give a longer --block if the server is only slow"})
}

// externalWarning warns of servers whose cost is not known: models that their workload does not have.
func externalWarning(r *record.Result, measured []measurements) (Warning, bool) {
	var cells, models []string
	for i, c := range r.Plan.Cells {
		for _, w := range r.Plan.Workloads {
			known := len(w.Models) == 0 && w.Name != record.ExternalWorkload ||
				slices.Contains(w.Models, r.Plan.ExecutionModel(c.Model)) || measured[i].reportsUsage()
			if w.Name != c.Workload || known {
				continue
			}
			cells = append(cells, c.String())
			if !slices.Contains(models, c.Model) {
				models = append(models, c.Model)
			}
		}
	}
	return warningAbout(cells, Warning{Code: "foreign",
		Text: fmt.Sprintf("nothing is known of the CPU, processes and memory of %s", strings.Join(models, ", ")),
		Advice: "of an external server, --target-admin takes them from the forktax serve that it is; of a command that " +
			"--persistent starts, they are known on Linux"})
}

// otherClocks warns of servers that a part of the phases is not known of.
func otherClocks(p record.Plan) (Warning, bool) {
	var cells, differences []string
	for _, clock := range p.OtherClocks {
		offset := time.Duration(clock.OffsetNS).Abs()
		differences = append(differences, fmt.Sprintf("%s by %s", clock.Model, units.Duration(float64(offset))))
		for _, c := range p.Cells {
			if c.Model == clock.Model {
				cells = append(cells, c.String())
			}
		}
	}
	return warningAbout(cells, Warning{Code: "other-clock",
		Text: fmt.Sprintf("the clock differs from that of this machine: %s", strings.Join(differences, "; ")),
		Advice: "the server runs on another machine: its phases arrive and return, for which one clock is needed, are left " +
			"out; the others are measured by its own clock"})
}

// unknownDatabase warns that the cost of a request is not all of it.
func unknownDatabase(a *Analysis) (Warning, bool) {
	known := slices.ContainsFunc(a.Cells, func(c Cell) bool { return c.DatabaseCPU != nil })
	return Warning{Code: "database",
			Text:   "CPU a request is without that of the database server, of which nothing is known",
			Advice: "on Linux, that of the server which --database postgres starts is known"},
		a.Environment.Database != nil && !known
}

// heavyGenerator warns when the harness used more processor time than what it measured: on the same machine the two
// compete, and the faster target loses more by it.
func heavyGenerator(a *Analysis) (Warning, bool) {
	own := a.OwnCells()
	names := namesOf(own, func(c Cell) bool {
		return c.CPUPerRequest != nil && c.GeneratorCPU != nil && *c.GeneratorCPU > *c.CPUPerRequest
	})
	return warningAbout(names, Warning{Code: "heavy-generator",
		Text: fmt.Sprintf("the load generator used more CPU than the server in %d of %d cells", len(names), len(own)),
		Advice: "response time and throughput of these cells are the generator's as much as the server's, which makes the " +
			"fork tax look smaller; CPU a request is not touched by it"})
}

// suiteWarning names what of a suite was left out.
func suiteWarning(r *record.Result) (Warning, bool) {
	s := r.Plan.Suite
	if s == nil || len(s.LeftOut) == 0 {
		return Warning{}, false
	}
	return Warning{Code: "left out", Advice: "install what is missing",
		Text: fmt.Sprintf("of the suite %s not all could be had: %s", s.Name, strings.Join(s.LeftOut, "; "))}, true
}

// noCPUWarning warns of contenders of a suite whose CPU is not known.
func noCPUWarning(a *Analysis) (Warning, bool) {
	names := namesOf(a.OwnCells(), func(c Cell) bool { return a.Run.Suite != nil && c.CPUPerRequest == nil })
	return warningAbout(names, Warning{Code: "no-cpu",
		Text: fmt.Sprintf("the CPU a request of %s is not known, and left out", firstOf(names)),
		Advice: "the kernel forgets the children of some servers, unless the harness may make a control group for each: " +
			"it may as root"})
}

// coarse is the resolution from which on a warning states it. A block takes 20 ms or more.
const coarse = int64(time.Millisecond)

// coarselyAccounted warns of cells whose CPU is the difference of coarse readings.
func coarselyAccounted(a *Analysis) (Warning, bool) {
	bound := int64(0)
	names := namesOf(a.OwnCells(), func(c Cell) bool {
		resolution := c.CPUResolution
		if d := a.Environment.Database; d != nil && c.DatabaseCPU != nil {
			resolution += d.CPUResolutionNS
		}
		if c.CPUPerRequest == nil || resolution < coarse {
			return false
		}
		bound = max(bound, resolution)
		return true
	})
	return warningAbout(names, Warning{Code: "coarse-cpu",
		Text: fmt.Sprintf("the CPU time of a block is known to ±%s for %s", units.Duration(float64(bound)), firstOf(names)),
		Advice: "the kernel reports the CPU time of ended processes in hundredths of a second; the errors of many blocks cancel. " +
			"As root, the harness makes a control group for each server, which counts microseconds"})
}
