package analysis

import (
	"fmt"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// agreement is how far apart the medians of two engines may be and count as the same.
const agreement = 0.05

// referee compares the cells that two engines visited in the same rounds. The referee is lighter in no case and an
// independent client in all: where the two agree, neither is likely to be wrong.
func referee(plan record.Plan, cells []Cell, measured []measurements) []Agreement {
	agreements := []Agreement{}
	for i, c := range plan.Cells {
		if plan.Referee == "" || c.Engine != plan.Referee {
			continue
		}
		for j, own := range plan.Cells {
			twin := own
			twin.Engine = c.Engine
			if own.Engine == c.Engine || twin != c {
				continue
			}
			medians := pair(measured[j].rounds, measured[i].rounds, MetricResponse)
			throughputs := pair(measured[j].rounds, measured[i].rounds, MetricThroughput)
			if len(medians) == 0 || len(throughputs) == 0 {
				continue
			}
			a := Agreement{Workload: c.Workload, Request: c.Request, Model: c.Model, Load: c.Load, Engine: own.Engine,
				Referee: c.Engine, Blocks: len(medians), MedianRatio: medians.ratio(), ThroughputRatio: throughputs.ratio(),
				EngineCPU: measured[j].generatorCPU(), RefereeCPU: measured[i].generatorCPU()}
			a.Why = a.why()
			agreements = append(agreements, a)
		}
	}
	return agreements
}

func (p pairs) ratio() float64 {
	return math.Exp(stats.HodgesLehmann(slices.Concat(p.groups(pairOf.logRatio)...)))
}

func (m measurements) generatorCPU() int64 {
	if m.requests == 0 {
		return 0
	}
	return m.generatorNS / int64(m.requests)
}

// enough is how many blocks it takes to speak of causes.
const enough = 6

// Agree says whether a ratio of the two is near enough to 1.
func Agree(ratio float64) bool { return math.Abs(math.Log(ratio)) <= agreement }

// why says what the difference comes from, as far as the numbers tell.
func (a Agreement) why() string {
	median, throughput := math.Log(a.MedianRatio), math.Log(a.ThroughputRatio)
	switch {
	case Agree(a.MedianRatio) && Agree(a.ThroughputRatio):
		return "they agree"
	case a.Blocks < enough && max(math.Abs(median), math.Abs(throughput)) < 4*agreement:
		return fmt.Sprintf("no more than noise may be, in so few blocks as %d each", a.Blocks)
	case Agree(a.MedianRatio):
		slow, send := "more", "slower"
		if throughput > 0 {
			slow, send = "fewer", "faster"
		}
		return fmt.Sprintf("the medians agree, the throughputs do not: %s has %s slow answers, or is %s to send again",
			a.Referee, slow, send)
	case median > 0 && a.RefereeCPU > a.EngineCPU:
		return fmt.Sprintf("%s takes %.1f times the CPU a request, on the cores that the server needs", a.Referee,
			float64(a.RefereeCPU)/float64(a.EngineCPU))
	case median < 0 && throughput < agreement && a.Load.Concurrency > 1:
		return fmt.Sprintf("%s is slower to send again, so fewer requests wait at the server at once", a.Referee)
	case a.Blocks == 1:
		return "1 block each is little on a noisy machine"
	case a.Blocks < enough:
		return fmt.Sprintf("%d blocks each are few on a noisy machine", a.Blocks)
	default:
		return "the numbers do not tell"
	}
}
