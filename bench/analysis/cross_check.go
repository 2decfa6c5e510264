package analysis

import (
	"fmt"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// maxDisagreement is how far apart the medians of two engines may be and count as the same.
const maxDisagreement = 0.05

// crossChecks compares the cells that two engines visited in the same rounds. The engine of the cross-check is lighter
// in no case and an independent client in all: where the two agree, neither is likely to be wrong.
func crossChecks(plan record.Plan, cells []Cell, measured []measurements) []CrossCheck {
	checks := []CrossCheck{}
	for i, c := range plan.Cells {
		if plan.CrossCheck == "" || c.Engine != plan.CrossCheck {
			continue
		}
		for j, own := range plan.Cells {
			twin := own
			twin.Engine = c.Engine
			if own.Engine == c.Engine || twin != c {
				continue
			}
			medians := pairBlocks(measured[j].rounds, measured[i].rounds, MetricResponse)
			throughputs := pairBlocks(measured[j].rounds, measured[i].rounds, MetricThroughput)
			if len(medians) == 0 || len(throughputs) == 0 {
				continue
			}
			a := CrossCheck{Workload: c.Workload, Request: c.Request, Model: c.Model, Load: c.Load, Engine: own.Engine,
				CrossCheckEngine: c.Engine, Blocks: len(medians), MedianRatio: medians.ratio(), ThroughputRatio: throughputs.ratio(),
				EngineCPU:     measured[j].validCosts().generatorCPU(),
				CrossCheckCPU: measured[i].validCosts().generatorCPU()}
			a.Why = a.explanation()
			checks = append(checks, a)
		}
	}
	return checks
}

func (p pairs) ratio() float64 {
	return math.Exp(stats.HodgesLehmann(slices.Concat(p.byStart(blockPair.logRatio)...)))
}

func (s blockCosts) generatorCPU() int64 {
	if s.requests == 0 {
		return 0
	}
	return s.generatorNS / int64(s.requests)
}

// blocksForCause is how many blocks it takes to name a cause.
const blocksForCause = 6

// Agrees reports whether a ratio of the two is near enough to 1.
func Agrees(ratio float64) bool { return math.Abs(math.Log(ratio)) <= maxDisagreement }

// explanation says what the difference comes from, as far as the numbers tell.
func (a CrossCheck) explanation() string {
	median, throughput := math.Log(a.MedianRatio), math.Log(a.ThroughputRatio)
	switch {
	case Agrees(a.MedianRatio) && Agrees(a.ThroughputRatio):
		return "they agree"
	case a.Blocks < blocksForCause && max(math.Abs(median), math.Abs(throughput)) < 4*maxDisagreement:
		return fmt.Sprintf("no more than noise may be, in so few blocks as %d each", a.Blocks)
	case Agrees(a.MedianRatio):
		slow, send := "more", "slower"
		if throughput > 0 {
			slow, send = "fewer", "faster"
		}
		return fmt.Sprintf("the medians agree, the throughputs do not: %s has %s slow answers, or is %s to send again",
			a.CrossCheckEngine, slow, send)
	case median > 0 && a.CrossCheckCPU > a.EngineCPU:
		return fmt.Sprintf("%s takes %.1f times the CPU a request, on the cores that the server needs", a.CrossCheckEngine,
			float64(a.CrossCheckCPU)/float64(a.EngineCPU))
	case median < 0 && throughput < maxDisagreement && a.Load.Concurrency > 1:
		return fmt.Sprintf("%s is slower to send again, so fewer requests wait at the server at once", a.CrossCheckEngine)
	case a.Blocks == 1:
		return "1 block each is little on a noisy machine"
	case a.Blocks < blocksForCause:
		return fmt.Sprintf("%d blocks each are few on a noisy machine", a.Blocks)
	default:
		return "the numbers do not tell"
	}
}
