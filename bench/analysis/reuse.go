package analysis

import (
	"fmt"
	"forktax/bench/record"
	"forktax/bench/units"
	"strings"
)

// A ReuseLevels says what each thing is worth that a process can keep: its rungs are models of one request, from the
// one that keeps everything down to the one that keeps nothing.
type ReuseLevels struct {
	Workload string      `json:"workload"`
	Request  string      `json:"request"`
	Engine   string      `json:"engine"`
	Load     record.Load `json:"load"`
	Steps    []Step      `json:"steps"`
}

// A Step is what it costs not to reuse one thing more. The client saw it as a difference of response
// times, and the server as one of the sums of the phases that it told; these are two measurements of one thing, by two
// clocks.
type Step struct {
	NotReused string   `json:"not_reused"` // "connection", "state", "process", or several where models between are missing
	From      string   `json:"from"`       // the model that keeps it
	To        string   `json:"to"`
	Response  Estimate `json:"response_ns"` // difference of the medians, as the client saw it
	Phases    Estimate `json:"phases_ns"`   // as the servers told it
	CPU       Estimate `json:"cpu_ns"`      // difference of the CPU a request
	Blocks    int      `json:"blocks"`      // of each model
	Agree     bool     `json:"agree"`       // the intervals of Response and Phases overlap
}

// An Estimate is a number with its 95 % interval, which is nil if there was too little to tell.
type Estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// reuseLevels finds the requests and loads of which a model between the ends was measured.
func reuseLevels(p record.Plan, measured []measurements) []ReuseLevels {
	found := []ReuseLevels{}
	index := map[record.Cell]int{}
	for i, c := range p.Cells {
		index[c] = i
	}
	for _, c := range p.Cells {
		if c.Model != record.Baseline || c.Engine == p.CrossCheck {
			continue
		}
		l := ReuseLevels{Workload: c.Workload, Request: c.Request, Engine: c.Engine, Load: c.Load}
		from, notReused := index[c], []string{}
		for _, rung := range record.Rungs[1:] {
			notReused = append(notReused, rung.Renews)
			c.Model = rung.Model
			to, ok := index[c]
			if !ok {
				continue
			}
			if s, ok := step(measured[from], measured[to]); ok {
				s.NotReused, s.From, s.To = strings.Join(notReused, " and "), p.Cells[from].Model, rung.Model
				l.Steps = append(l.Steps, s)
			}
			from, notReused = to, nil
		}
		if len(l.Steps) > 1 { // one step alone is the fork tax
			found = append(found, l)
		}
	}
	return found
}

// step is false if there is nothing to be compared: if the two were never visited together, or one was overloaded.
func step(from, to measurements) (Step, bool) {
	response := pairBlocks(from.rounds, to.rounds, MetricResponse)
	if len(response) == 0 || from.backlog().overloaded() || to.backlog().overloaded() {
		return Step{}, false
	}
	s := Step{Blocks: len(response), Response: response.estimate(),
		Phases: pairBlocks(from.rounds, to.rounds, metricAllPhases).estimate(),
		CPU:    pairBlocks(from.rounds, to.rounds, MetricCPU).estimate()}
	s.Agree = s.Response.overlaps(s.Phases)
	return s, true
}

// estimate is the difference of a comparison.
func (p pairs) estimate() Estimate {
	if len(p) == 0 {
		return Estimate{}
	}
	c := p.compare()
	c.toNanoseconds()
	return Estimate{&c.Difference, c.DifferenceLow, c.DifferenceHigh}
}

// overlaps reports whether two estimates may be of the same; of what has no interval, nothing else can be said.
func (e Estimate) overlaps(f Estimate) bool {
	if e.Low == nil || f.Low == nil {
		return true
	}
	return *e.Low <= *f.High && *f.Low <= *e.High
}

// clockDisagreement warns of steps that the client and the servers do not see alike.
func clockDisagreement(found []ReuseLevels) (Warning, bool) {
	var cells, steps []string
	all := 0
	for _, l := range found {
		for _, s := range l.Steps {
			all++
			if !s.Agree {
				cell := record.Cell{Workload: l.Workload, Request: l.Request, Model: s.To, Engine: l.Engine, Load: l.Load}
				cells = append(cells, cell.String())
				steps = append(steps, fmt.Sprintf("%s, %s, %s: %s and %s", RequestName(l.Workload, l.Request), l.Load, s.NotReused,
					units.Optional(s.Response.Value, units.Duration), units.Optional(s.Phases.Value, units.Duration)))
			}
		}
	}
	return warningAbout(cells, Warning{Code: "ladder",
		Text: fmt.Sprintf("what it adds to renew a thing differs between the client's clock and the servers' phases in %d "+
			"of %d steps (%s)", len(steps), all, firstOf(steps)),
		Advice: "the phases arrive and return differ, then, which are not the servers' to tell: network, HTTP, and waking " +
			"up, which takes longer the longer a client has waited; believe the client's for what a user waits"})
}
