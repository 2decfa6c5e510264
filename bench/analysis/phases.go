package analysis

import (
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/workload/contract"
)

// Outside is the name of the part of a request that is in no phase. If the server does not tell the clock, it is also
// the way there and back: the network, HTTP on either side, and the client.
const Outside = "outside"

// Metrics of a block that are compared only between the levels of reuse.
const (
	metricAllPhases = "phases" // what the server tells of a request, altogether
	phasePrefix     = "phase " // and then the phase's name
)

// How many answers' phases are kept: enough for a median within one part in a hundred, and few enough that the longest
// run fits into memory.
const (
	maxBlockSamples = 500
	maxCellSamples  = 100_000
)

// A phaseSample is what one server told of one request, and how long its client saw it take.
type phaseSample struct {
	timing  contract.Timing
	service time.Duration
}

// A phaseSampler takes one in stride answers of a block, of those with phases.
type phaseSampler struct {
	kept   []phaseSample
	stride int
	seen   int
}

func newPhaseSampler(b record.Block) phaseSampler {
	return phaseSampler{stride: max(b.Requests/maxBlockSamples, 1)}
}

func (a *phaseSampler) add(o record.Observation) {
	if o.Err != "" || o.Timing == (contract.Timing{}) {
		return
	}
	if a.seen%a.stride == 0 {
		a.kept = append(a.kept, phaseSample{o.Timing, o.Service()})
	}
	a.seen++
}

// metrics adds the medians of the phases, and of their sum, to a block's values.
func (a *phaseSampler) metrics(values map[string]float64) {
	if len(a.kept) == 0 {
		return
	}
	values[metricAllPhases] = median(a.kept, func(x phaseSample) time.Duration { return x.timing.Served() })
	for p, name := range contract.Phases {
		if ns := median(a.kept, func(x phaseSample) time.Duration { return time.Duration(x.timing[p]) }); ns > 0 {
			values[phasePrefix+name] = ns
		}
	}
}

// downsample leaves no more of a block than its share of what is kept of a cell with so many blocks.
func (a *phaseSampler) downsample(blocks int) {
	share := max(maxCellSamples/max(blocks, 1), 1)
	step := (len(a.kept) + share - 1) / share
	if step <= 1 {
		return
	}
	var kept []phaseSample
	for i := 0; i < len(a.kept); i += step {
		kept = append(kept, a.kept[i])
	}
	a.kept = kept
}

func median(accounts []phaseSample, value func(phaseSample) time.Duration) float64 {
	values := make([]int64, len(accounts))
	for i, a := range accounts {
		values[i] = int64(value(a))
	}
	slices.Sort(values)
	return float64(nearestRank(values, 0.5))
}

// phases are the medians over the blocks with valid times, in the order in which they happen, and last what is outside
// of them.
func (m measurements) phases() []Phase {
	var all []phaseSample
	for _, b := range m.rounds {
		if !timesInvalid(b.reasons) {
			all = append(all, b.phaseSamples...)
		}
	}
	found := []Phase{}
	if len(all) < stats.PercentileNeeds(0.5) {
		return found
	}
	for p, name := range contract.Phases {
		if ns := median(all, func(x phaseSample) time.Duration { return time.Duration(x.timing[p]) }); ns > 0 {
			found = append(found, Phase{name, int64(ns)})
		}
	}
	outside := median(all, func(x phaseSample) time.Duration { return x.service - x.timing.Sum() })
	return append(found, Phase{Outside, max(int64(outside), 0)})
}

// PhaseNS returns how long a phase of the cell took, and 0 if it has none of that name.
func (c Cell) PhaseNS(name string) int64 {
	for _, p := range c.Phases {
		if p.Name == name {
			return p.NS
		}
	}
	return 0
}
