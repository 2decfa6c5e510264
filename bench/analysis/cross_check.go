package analysis

import (
	"fmt"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// maxDisagreement is the largest log ratio at which the medians of two engines agree.
const maxDisagreement = 0.05

// crossChecks compares the cells that two engines measured in the same rounds. The cross-check's engine is an
// independent client, and never uses less CPU time: where the two agree, neither is likely to be wrong.
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
				CrossCheckEngine: c.Engine, Blocks: len(medians),
				MedianRatio: medians.ratio(), ThroughputRatio: throughputs.ratio(),
				EngineCPU:     measured[j].validCosts().generatorCPU(),
				CrossCheckCPU: measured[i].validCosts().generatorCPU()}
			a.Cause, a.Why = a.explanation()
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

// blocksForCause is the number of blocks that is needed to name a cause.
const blocksForCause = 6

// Agrees reports whether a ratio of the two engines is close enough to 1.
func Agrees(ratio float64) bool { return math.Abs(math.Log(ratio)) <= maxDisagreement }

// explanation returns the cause of the difference as far as the numbers show it: cause is short and the same for all
// cells, text is the full explanation.
func (a CrossCheck) explanation() (cause, text string) {
	median, throughput := math.Log(a.MedianRatio), math.Log(a.ThroughputRatio)
	switch {
	case Agrees(a.MedianRatio) && Agrees(a.ThroughputRatio):
		return "", "they agree"
	case a.Blocks < blocksForCause && max(math.Abs(median), math.Abs(throughput)) < 4*maxDisagreement:
		return "few blocks", fmt.Sprintf("within the noise of %s each", units.Plural(a.Blocks, "block"))
	case Agrees(a.MedianRatio):
		slow, send := "more", "later"
		if throughput > 0 {
			slow, send = "fewer", "sooner"
		}
		cause = fmt.Sprintf("%s has %s slow responses, or sends the next request %s", a.CrossCheckEngine, slow, send)
		return cause, "the medians agree but the throughputs do not: " + cause
	case median > 0 && a.CrossCheckCPU > a.EngineCPU:
		return fmt.Sprintf("%s uses more CPU time on the server's cores", a.CrossCheckEngine),
			fmt.Sprintf("%s uses %.1f times the CPU time per request, on cores that the server needs",
				a.CrossCheckEngine, float64(a.CrossCheckCPU)/float64(a.EngineCPU))
	case median < 0 && throughput < maxDisagreement && a.Load.Concurrency > 1:
		cause = fmt.Sprintf("%s sends the next request later", a.CrossCheckEngine)
		return cause, cause + ", so fewer requests wait at the server at once"
	case a.Blocks < blocksForCause:
		return "few blocks", fmt.Sprintf("only %s each on a noisy machine", units.Plural(a.Blocks, "block"))
	default:
		return "unknown", "unknown"
	}
}
