package report

import (
	"fmt"
	"math"

	"forktax/bench"
	"forktax/bench/stats"
)

// agreement is how far apart the medians of two engines may be and count as the same.
const agreement = 0.05

// referee compares the cells that two engines visited in the same rounds. The referee is lighter in no case and an
// independent client in all: where the two agree, neither is likely to be wrong.
func referee(plan bench.Plan, cells []Cell, measured []measurements) []Agreement {
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
	var logs []float64
	for _, v := range p {
		logs = append(logs, v.logRatio())
	}
	return math.Exp(stats.HodgesLehmann(logs))
}

func (m measurements) generatorCPU() int64 {
	if m.requests == 0 {
		return 0
	}
	return m.generatorNS / int64(m.requests)
}

// enough is how many blocks it takes to speak of causes.
const enough = 6

// why says what the difference comes from, as far as the numbers tell.
func (a Agreement) why() string {
	off := math.Log(a.MedianRatio)
	switch {
	case math.Abs(off) > agreement && math.Abs(off) < 4*agreement && a.Blocks < enough:
		return fmt.Sprintf("no more than noise may be: %d blocks each are few", a.Blocks)
	case math.Abs(off) <= agreement:
		return "they agree"
	case off > 0 && a.RefereeCPU > a.EngineCPU:
		return fmt.Sprintf("%s takes %.1f times the CPU a request, on the cores that the server needs", a.Referee,
			float64(a.RefereeCPU)/float64(a.EngineCPU))
	case off < 0 && a.Load.Concurrency > 1:
		return fmt.Sprintf("%s is slower to send again, so fewer requests wait at the server at once", a.Referee)
	default:
		return fmt.Sprintf("%d blocks each are few on a noisy machine", a.Blocks)
	}
}
