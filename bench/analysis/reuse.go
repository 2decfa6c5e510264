package analysis

import (
	"fmt"
	"strings"

	"forktax/bench/record"
	"forktax/bench/units"
)

// ReuseLevels holds the cost of not reusing each resource that a process can keep. Its steps go through the models of a
// request, from the model that keeps all resources to the model that keeps none.
type ReuseLevels struct {
	Workload string      `json:"workload"`
	Request  string      `json:"request"`
	Engine   string      `json:"engine"`
	Load     record.Load `json:"load"`
	Steps    []Step      `json:"steps"`
}

// A Step is the cost of not reusing one more resource. The client measures it as a difference of response times, and
// the servers as a difference of the sums of their phases: two measurements of the same cost by two clocks.
type Step struct {
	NotReused string   `json:"not_reused"`  // "connection", "state", "process", or several if models between are missing
	From      string   `json:"from"`        // the model that keeps it
	To        string   `json:"to"`          // the model that does not
	Response  Estimate `json:"response_ns"` // difference of the median response times, measured by the client
	Phases    Estimate `json:"phases_ns"`   // difference of the phases, reported by the servers
	CPU       Estimate `json:"cpu_ns"`      // difference of the CPU time per request
	Blocks    int      `json:"blocks"`      // blocks of each model
	Agree     bool     `json:"agree"`       // the intervals of Response and Phases overlap
}

// An Estimate is a number with its 95% interval; its bounds are nil if there were too few blocks.
type Estimate struct {
	Value *float64 `json:"value"`
	Low   *float64 `json:"low"`
	High  *float64 `json:"high"`
}

// reuseLevels returns the levels of each request and load for which an intermediate model was measured.
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
		for _, level := range record.Levels[1:] {
			notReused = append(notReused, level.Renews)
			c.Model = level.Model
			to, ok := index[c]
			if !ok {
				continue
			}
			if s, ok := step(measured[from], measured[to]); ok {
				s.NotReused, s.From, s.To = strings.Join(notReused, " and "), p.Cells[from].Model, level.Model
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

// step compares two models; it returns false if they were never measured in the same round or one was overloaded.
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

// estimate returns the difference of the pairs in whole nanoseconds.
func (p pairs) estimate() Estimate {
	if len(p) == 0 {
		return Estimate{}
	}
	c := p.compare()
	c.toNanoseconds()
	return Estimate{&c.Difference, c.DifferenceLow, c.DifferenceHigh}
}

// overlaps reports whether the intervals of two estimates overlap, and true if one of them has no interval.
func (e Estimate) overlaps(f Estimate) bool {
	if e.Low == nil || f.Low == nil {
		return true
	}
	return *e.Low <= *f.High && *f.Low <= *e.High
}

// clockDisagreement warns of steps for which the estimates of the client and the servers differ.
func clockDisagreement(found []ReuseLevels) (Warning, bool) {
	var cells, steps []string
	all := 0
	for _, l := range found {
		for _, s := range l.Steps {
			all++
			if !s.Agree {
				c := record.Cell{Workload: l.Workload, Request: l.Request, Model: s.To, Engine: l.Engine, Load: l.Load}
				cells = append(cells, c.String())
				steps = append(steps, fmt.Sprintf("%s, %s, %s: %s by the client, %s by the servers",
					RequestName(l.Workload, l.Request), l.Load, s.NotReused,
					units.Optional(s.Response.Value, units.Duration), units.Optional(s.Phases.Value, units.Duration)))
			}
		}
	}
	return warningAbout(cells, Warning{Code: "ladder",
		Text: fmt.Sprintf("client and server estimates of the cost of not reusing a resource disagree for %d of %d steps "+
			"(%s)", len(steps), all, firstOf(steps)),
		Advice: "use the client's estimate for the time that a user waits; servers cannot measure the phases arrive and " +
			"return: network, HTTP, and wake-up latency, which grows with the time that a client has waited"})
}
