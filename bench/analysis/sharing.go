package analysis

import (
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// A Sharing is what it costs that the load generator and a target share cores: the ratio of a metric when they do over
// the same when each has its own. Starts of the targets with and without sharing alternated; a pair is two of them.
type Sharing struct {
	Workload  string      `json:"workload"`
	Request   string      `json:"request"`
	Engine    string      `json:"engine"`
	Load      record.Load `json:"load"`
	Model     string      `json:"model"`
	Metric    string      `json:"metric"`
	Ratio     float64     `json:"ratio"`
	RatioLow  *float64    `json:"ratio_low"` // nil with fewer than six pairs
	RatioHigh *float64    `json:"ratio_high"`
	Pairs     int         `json:"pairs"` // pairs of starts
}

// splitShared returns the result without the blocks in which generator and targets shared cores, and with these alone;
// nil if there are none.
func splitShared(r *record.Result) (pinned, shared *record.Result) {
	if !slices.ContainsFunc(r.Blocks, func(b record.Block) bool { return b.Shared }) {
		return r, nil
	}
	own, other := *r, *r
	own.Blocks, other.Blocks = nil, nil
	sharing := map[int]bool{}
	for _, b := range r.Blocks {
		sharing[b.Start] = sharing[b.Start] || b.Shared
	}
	own.WarmUps = slices.DeleteFunc(slices.Clone(r.WarmUps), func(w record.WarmUp) bool { return sharing[w.Start] })
	own.Discarded = slices.DeleteFunc(slices.Clone(r.Discarded), func(b record.Block) bool { return sharing[b.Start] })
	for _, b := range r.Blocks {
		if b.Shared {
			other.Blocks = append(other.Blocks, b)
		} else {
			own.Blocks = append(own.Blocks, b)
		}
	}
	return &own, &other
}

// sharingMetrics lists the metrics for which the cost of sharing is reported.
var sharingMetrics = []string{MetricResponse, MetricThroughput, MetricCPU}

// sharings returns the costs of sharing of all cells that were measured with and without it.
func sharings(shared *record.Result, pinned []measurements) ([]Sharing, error) {
	if shared == nil {
		return nil, nil
	}
	other, err := measure(shared)
	if err != nil {
		return nil, err
	}
	propagateInvalid(shared.Plan.Cells, other)
	var found []Sharing
	for i, c := range shared.Plan.Cells {
		for _, metric := range sharingMetrics {
			a, b := pinned[i].medianOfStarts(metric), other[i].medianOfStarts(metric)
			var logs []float64
			for start, value := range b {
				if own := a[start^1]; own > 0 && value > 0 {
					logs = append(logs, math.Log(value/own))
				}
			}
			if len(logs) == 0 || c.Workload == shared.Plan.Floor || c.Engine == shared.Plan.CrossCheck {
				continue
			}
			slices.Sort(logs)
			s := Sharing{Workload: c.Workload, Request: c.Request, Engine: c.Engine, Load: c.Load, Model: c.Model,
				Metric: metric, Ratio: math.Exp(stats.HodgesLehmann(logs)), Pairs: len(logs)}
			if iv, ok := stats.SignedRank(logs, confidence); ok {
				s.RatioLow, s.RatioHigh = new(math.Exp(iv.Low)), new(math.Exp(iv.High))
			}
			found = append(found, s)
		}
	}
	return found, nil
}

// medianOfStarts returns the median of a metric over the valid blocks of each start of the targets.
func (m measurements) medianOfStarts(metric string) map[int]float64 {
	values := map[int][]float64{}
	for _, b := range m.rounds {
		if v := b.values[metric]; v > 0 && len(b.reasons) == 0 {
			values[b.start] = append(values[b.start], v)
		}
	}
	medians := map[int]float64{}
	for start, all := range values {
		medians[start] = stats.Median(all)
	}
	return medians
}
