package analysis

import (
	"fmt"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/stats/sequential"
	"forktax/bench/units"
)

// Metrics that are counted in one start of each program, before measuring. They have no noise.
const (
	CountProcesses   = "processes"    // processes per start, including the program itself
	CountFiles       = "files_opened" // files that these processes open
	CountConnections = "connections"  // connections that these processes make, to any address
	CountErrors      = "errors"       // requests without a correct response, during the measurement
)

// Gated returns the metrics that a check can judge, counted and measured.
func Gated() (counted, measured []string) {
	return []string{CountProcesses, CountFiles, CountConnections},
		[]string{MetricFaults, MetricCPU, MetricResponse, MetricResponse90, MetricThroughput}
}

// IsSecondary reports whether a gate of the metric can raise an alarm but is not needed for a pass. It is several times
// as noisy as the other metrics, which show the same changes sooner.
func IsSecondary(metric string) bool { return metric == MetricResponse90 || metric == MetricThroughput }

// higherIsBetter reports whether a higher value of the metric is better; the cost is then its inverse.
func higherIsBetter(metric string) bool { return metric == MetricThroughput }

// A measuredGate is a gate of a measured metric, with its pairs.
type measuredGate struct {
	cell   record.Cell // the candidate's
	metric string
	pairs  pairs
	margin float64
	slack  float64 // bound of the error of the base's logarithm, if the base is stored
}

// measuredGates returns the measured gates of a run: for each metric, one for each request.
func measuredGates(p record.Plan, measured []measurements) []measuredGate {
	var all []measuredGate
	for _, metric := range p.Check.Metrics {
		for i, c := range p.Cells {
			if c.Model != p.Check.Candidate {
				continue
			}
			t := measuredGate{cell: c, metric: metric, margin: p.Check.MarginOf(metric).Share}
			if p.Check.Stored != nil {
				t.useStored(p, measured, i)
			} else if base, ok := baselineCell(p, c); ok {
				t.pairs = pairBlocks(measured[base].rounds, measured[i].rounds, metric)
			}
			all = append(all, t)
		}
	}
	return all
}

// useStored uses the floor, times the stored ratio of the base to it, as the base. Without a stored ratio there is no
// base.
func (t *measuredGate) useStored(p record.Plan, measured []measurements, candidate int) {
	i := slices.IndexFunc(p.Check.Stored.Ratios, func(r record.StoredRatio) bool {
		return r.Request == t.cell.Request && r.Metric == t.metric
	})
	if i < 0 {
		return
	}
	stored := p.Check.Stored.Ratios[i]
	t.slack = stored.Slack
	for _, b := range baselines(p, t.cell) {
		if b.name == p.Floor {
			t.pairs = pairBlocks(measured[b.cell].rounds, measured[candidate].rounds, t.metric)
		}
	}
	for i := range t.pairs {
		t.pairs[i].baseline *= stored.Ratio
	}
}

// series groups the logarithms of the cost ratios by start of the targets.
func (p pairs) series(metric string, starts int) sequential.Series {
	s := make(sequential.Series, starts)
	for _, v := range p {
		d := v.logRatio()
		if higherIsBetter(metric) {
			d = -d
		}
		s[v.start] = append(s[v.start], d)
	}
	return s
}

// checkData returns the data that decide a check. Starts after the budget only confirm.
func checkData(r *record.Result, measured []measurements, gates []measuredGate) sequential.Data {
	starts := startsOf(r.Blocks)
	d := sequential.Data{Ended: r.Tail != (record.Tail{})}
	for _, t := range gates {
		d.Gates = append(d.Gates, t.pairs.series(t.metric, starts))
		d.Margins = append(d.Margins, t.margin)
		d.Slack = append(d.Slack, t.slack)
		d.Secondary = append(d.Secondary, IsSecondary(t.metric))
	}
	if i := slices.IndexFunc(r.Blocks, func(b record.Block) bool { return b.Overtime }); i >= 0 {
		d.Screened = r.Blocks[i].Start
	}
	if r.Plan.Check.Control != "" {
		for _, metric := range controlMetrics(r.Plan.Check) {
			d.Controls = append(d.Controls, controlSeries(r.Plan, measured, metric, starts))
		}
	}
	return d
}

// controlMetrics returns the metrics by which the positive control can be detected: the metrics of the check that can
// show that its host spins, or the response time if there are none.
func controlMetrics(c *record.CheckSpec) []string {
	metrics := slices.DeleteFunc(slices.Clone(c.Metrics), func(m string) bool {
		return m != MetricResponse && m != MetricCPU
	})
	if len(metrics) == 0 {
		return []string{MetricResponse}
	}
	return metrics
}

// controlSeries returns the cost of the positive control relative to the same program without delay, by a metric, for
// all requests.
func controlSeries(p record.Plan, measured []measurements, metric string, starts int) sequential.Series {
	all := make(sequential.Series, starts)
	for i, c := range p.Cells {
		if c.Model != p.Check.Control {
			continue
		}
		twins := []string{p.Check.Candidate}
		if p.Check.BaseControl != "" { // a control may also be of the base, in rounds of their own
			twins = append(twins, p.Baseline)
		}
		for _, twin := range twins {
			c.Model = twin
			j := slices.Index(p.Cells, c)
			if j < 0 {
				continue
			}
			for start, logs := range pairBlocks(measured[j].rounds, measured[i].rounds, metric).series(metric, starts) {
				all[start] = append(all[start], logs...)
			}
		}
	}
	return all
}

func checkRule(p record.Plan) sequential.Rule {
	c := p.Check
	return sequential.Rule{Margin: c.Margin, MustCatch: c.MustCatch, Alpha: c.Alpha, Seed: p.Seed}
}

// CheckData returns the data that decide the check of a run, which may be in progress.
func CheckData(r *record.Result) (sequential.Data, error) {
	measured, err := measure(r)
	if err != nil {
		return sequential.Data{}, err
	}
	propagateInvalid(r.Plan.Cells, measured)
	return checkData(r, measured, measuredGates(r.Plan, measured)), nil
}

// Judge decides the check of a run, which may be in progress. If its budget is over, further starts can only confirm.
func Judge(r *record.Result, budgetOver bool) (sequential.Judgement, error) {
	d, err := CheckData(r)
	if err != nil {
		return sequential.Judgement{}, err
	}
	if budgetOver && d.Screened == 0 {
		d.Screened = startsOf(r.Blocks)
	}
	return checkRule(r.Plan).Judge(d), nil
}

// gate returns the result of the measured gate, without a verdict.
func (t measuredGate) gate(f sequential.GateResult) Gate {
	g := Gate{Workload: t.cell.Workload, Request: t.cell.Request, Load: t.cell.Load, Metric: t.metric, Kind: MeasuredGate,
		Unit: unitOf(t.metric), P: &f.P, Pairs: len(t.pairs), Margin: &t.margin}
	if len(t.pairs) == 0 {
		return g
	}
	var base, candidate []float64
	for _, v := range t.pairs {
		base, candidate = append(base, v.baseline), append(candidate, v.candidate)
	}
	g.Base, g.Candidate = new(stats.Median(base)), new(stats.Median(candidate))
	c := t.pairs.compare()
	g.Ratio, g.RatioLow, g.RatioHigh = &c.Ratio, c.RatioLow, c.RatioHigh
	if t.slack > 0 && g.RatioLow != nil {
		g.RatioLow, g.RatioHigh = new(*c.RatioLow*math.Exp(-t.slack)), new(*c.RatioHigh*math.Exp(t.slack))
	}
	if higherIsBetter(t.metric) {
		g.Ratio = new(1 / *g.Ratio)
		if g.RatioLow != nil {
			g.RatioLow, g.RatioHigh = new(1 / *g.RatioHigh), new(1 / *g.RatioLow)
		}
	}
	return g
}

func unitOf(metric string) string {
	for _, m := range metrics {
		if m.name == metric {
			return m.unit
		}
	}
	return "1"
}

// countedGates returns the gates of counts, which have no noise: any increase above its margin is a regression.
func countedGates(r *record.Result, a *Analysis) []Gate {
	p := r.Plan
	var gates []Gate
	for _, n := range p.Check.Counts {
		g := Gate{Workload: p.Workloads[0].Name, Request: n.Request, Metric: n.Metric, Kind: countsKind, Unit: "1",
			Load: p.Cells[0].Load}
		base, candidate := float64(n.Of[p.Baseline]), float64(n.Of[p.Check.Candidate])
		g.judge(base, candidate, p.Check.MarginOf(n.Metric))
		gates = append(gates, g)
	}
	quoteMargins(gates)
	for i, n := range p.Check.Counts {
		if gates[i].Verdict == Regression && n.Note != "" {
			gates[i].Why += "; " + n.Note
		}
	}
	for _, c := range p.Cells {
		if c.Model != p.Check.Candidate {
			continue
		}
		g := Gate{Workload: c.Workload, Request: c.Request, Load: c.Load, Metric: CountErrors, Kind: countsKind, Unit: "1"}
		candidate := a.cell(c)
		c.Model = p.Baseline
		base := a.cell(c)
		if p.Check.Stored != nil {
			base = &Cell{}
		}
		if base != nil && candidate != nil {
			g.judge(float64(base.Errors), float64(candidate.Errors), record.Margin{})
			if g.Verdict == Regression {
				g.Why = "each request must get the expected response"
			}
			if g.Verdict == Regression && len(r.Parts) > 0 && !failsEverywhere(r, c.Request) {
				g.Verdict, g.Why = Unconfirmed, "requests to the candidate failed on one half of the machines only"
			}
			if g.Verdict == Regression && p.Check.Stored == nil {
				if n := fewestFailures(*base, *candidate, p.Check.Alpha); candidate.Errors < n {
					g.Verdict = Unconfirmed
					g.Why = fmt.Sprintf("%s to the candidate failed, and none to the base, which may be chance: below an error rate "+
						"of %s it is from %d on", units.Plural(candidate.Errors, "request"), units.Share(p.Check.Alpha), n)
				}
			}
			if base.Errors > 0 {
				g.Verdict, g.Why = Undecided, "requests to the base fail, too, so there is nothing to compare with"
			}
			gates = append(gates, g)
		}
	}
	return gates
}

// fewestFailures returns the smallest number of failed requests of the candidate that equal programs have with a
// probability below alpha if none of the base's fail: each failure is the candidate's by its share of the requests.
func fewestFailures(base, candidate Cell, alpha float64) int {
	share := float64(candidate.Requests) / float64(candidate.Requests+base.Requests)
	if share >= 1 {
		return 1
	}
	return int(math.Ceil(math.Log(alpha) / math.Log(share)))
}
