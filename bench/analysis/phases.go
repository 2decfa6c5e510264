package analysis

import (
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/workload/contract"
)

// Outside is the name of the part of a request that is in no phase. If the server does not report its clock, this
// includes the network, HTTP on both sides, and the client.
const Outside = "outside"

// Metrics of a block that are compared only between the levels of reuse.
const (
	metricAllPhases = "phases" // time that the server reported for a request, in all phases
	phasePrefix     = "phase " // followed by the name of the phase
)

// Limits of the number of responses whose phases are kept: enough for a median within 1%, and few enough for the
// longest run to fit into memory.
const (
	maxBlockSamples = 500
	maxCellSamples  = 100_000
)

// A phaseSample holds the phases that a server reported for a request, and the service time that its client measured.
type phaseSample struct {
	timing  contract.Timing
	service time.Duration
}

// A phaseSampler keeps every stride-th response of a block that has phases.
type phaseSampler struct {
	kept       []phaseSample
	stride     int
	seen       int
	otherClock bool // the server's clock differs from that of a generator
}

func newPhaseSampler(p record.Plan, b record.Block) phaseSampler {
	a := phaseSampler{stride: max(b.Requests/maxBlockSamples, 1)}
	for _, c := range p.OtherClocks {
		a.otherClock = a.otherClock || c.Model == p.Cells[b.Cell].Model
	}
	return a
}

func (a *phaseSampler) add(o record.Observation) {
	if o.Err != "" || o.Timing == (contract.Timing{}) {
		return
	}
	if a.otherClock { // generators of parts whose clock is the server's know these phases, and others do not
		o.Timing[contract.PhaseArrive], o.Timing[contract.PhaseReturn] = 0, 0
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

// downsample reduces the samples of a block to its share of maxCellSamples, for a cell with this many blocks.
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

// phases returns the medians of the phases over the blocks with valid times, in the order in which they happen, and
// last Outside.
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

// PhaseNS returns the median time of a phase of the cell in nanoseconds; 0 if it has no phase of that name.
func (c Cell) PhaseNS(name string) int64 {
	for _, p := range c.Phases {
		if p.Name == name {
			return p.NS
		}
	}
	return 0
}
