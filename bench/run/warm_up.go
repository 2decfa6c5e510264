package run

import (
	"cmp"
	"context"
	"slices"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

const (
	warmWindow    = 100 * time.Millisecond // longest window of a warm-up
	warmClients   = 8                      // clients for requests that are measured at rates only
	warmPerClient = 2                      // smallest number of requests per client in a window
	curveLimit    = time.Second            // longest duration of the requests of a curve
)

// curveAt lists the numbers of requests after which the cost of a new target is read.
var curveAt = []int{0, 1, 2, 10, 100, 1000}

// A warming is the warm-up of one target at one start.
type warming struct {
	*visitor
	record.WarmUp
	target *subject.Target
	cells  []int // for each request, the cell with the most clients
	blocks int
}

// warmings returns the warm-ups of the resident targets, in the plan's order.
func (v *visitor) warmings(start int) (all []*warming) {
	if v.Plan.WarmUpNS == 0 || v.Agree == nil {
		return nil
	}
	for _, name := range v.Plan.Targets() {
		if t := v.targets[name]; t != nil && !v.isLost(name) && v.Plan.Stays(name.Model) {
			w := &warming{visitor: v, target: t, cells: v.Plan.LargestLoads(name)}
			w.WarmUp = record.WarmUp{Workload: name.Workload, Model: name.Model, Start: start,
				Request: v.Plan.Cells[w.cells[0]].Request}
			all = append(all, w)
		}
	}
	return all
}

// measureCurve measures the cost of the first requests, sent one after the other. External servers, which were started
// earlier, have no curve. A failed request ends the curve; the verification that follows reports the failure.
func (w *warming) measureCurve(ctx context.Context) error {
	if w.target.Ready == 0 {
		return nil
	}
	w.ReadyNS = int64(w.target.Ready)
	served, took, began := 0, w.target.Ready, time.Now()
	var each time.Duration // mean of the last requests; 0 after the first one, which says nothing about later ones
	for _, n := range curveAt {
		if time.Since(began)+each*time.Duration(n-served) > curveLimit {
			return nil
		}
		if n > 0 {
			one := load.Visit{Load: plan.Load{Kind: plan.Closed, Concurrency: 1}, Length: 1, MinRequests: n - served,
				Grace: subject.DefaultTimeout}
			observed, err := w.discard(ctx, w.cells[0], one)
			if err != nil || slices.ContainsFunc(observed, failed) || len(observed) != n-served {
				return err
			}
			before := took
			for _, o := range observed {
				took += o.Done - o.Intended
			}
			if n > 1 {
				each = (took - before) / time.Duration(n-served)
			}
		}
		served = n
		used, err := w.target.Usage(ctx, w.client)
		if err != nil {
			return err
		}
		p := record.CurvePoint{Requests: n, NS: int64(took)}
		if used != nil {
			p.CPUNS = new(used.CPUNS())
		}
		w.Curve = append(w.Curve, p)
	}
	return nil
}

func failed(o record.Observation) bool { return o.Err != "" }

// warm sends each request in windows, until two adjacent windows agree or the time is up. Failures are not reported
// here, as they also occur in the evaluated blocks.
func (w *warming) warm(ctx context.Context) error {
	began, steady := time.Now(), make([]bool, len(w.cells))
	windows := make([][][]float64, len(w.cells))
	for i := 0; slices.Contains(steady, false) && time.Since(began) < time.Duration(w.Plan.WarmUpNS); i++ {
		at := i % len(w.cells)
		if steady[at] {
			continue
		}
		c := w.Plan.Cells[w.cells[at]]
		length, _ := w.Plan.Length(c)
		l := plan.Load{Kind: plan.Closed, Concurrency: warmClients, NoReuse: c.Load.NoReuse, TimeoutNS: c.Load.TimeoutNS}
		if c.Load.Kind == plan.Closed {
			l.Concurrency = c.Load.Concurrency
		}
		observed, err := w.discard(ctx, w.cells[at], load.Visit{Load: l, Length: min(length, warmWindow),
			MinRequests: max(w.Plan.MinRequests, warmPerClient*l.Concurrency)})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(observed, record.Observation.CutOff) {
			return w.noteOverload(c)
		}
		if observed = slices.DeleteFunc(observed, failed); len(observed) == 0 {
			return nil
		}
		window := make([]float64, len(observed))
		for i, o := range observed {
			window[i] = float64(o.Done - o.Intended)
		}
		windows[at] = append(windows[at], window)
		steady[at] = w.isSteady(windows[at])
	}
	w.Steady = !slices.Contains(steady, false)
	return nil
}

// isSteady reports whether the last windows agree with as many preceding ones. It tries 1, 2, 4 and so on, since
// several windows together have less noise.
func (r *Runner) isSteady(windows [][]float64) bool {
	for n, end := 1, len(windows); 2*n <= end; n *= 2 {
		if r.Agree(slices.Concat(windows[end-2*n:end-n]...), slices.Concat(windows[end-n:]...)) {
			return true
		}
	}
	return false
}

// discard visits the cell with another load, and records the observations as a block of the warm-up, which is not
// evaluated.
func (w *warming) discard(ctx context.Context, cell int, as load.Visit) ([]record.Observation, error) {
	s, err := w.side(cell, w.Plan.BlockSeed(w.blocks))
	if err != nil {
		return nil, err
	}
	s.visit.Load, s.visit.Length, s.visit.MinRequests = as.Load, as.Length, as.MinRequests
	s.visit.Grace = cmp.Or(as.Grace, s.visit.Grace)
	engine, err := w.engine(cell)
	if err != nil {
		return nil, err
	}
	var observed keeper
	begin := time.Now()
	if err := engine.Run(ctx, s.visit, &observed); err != nil {
		return nil, visitingError(w.Plan.Cells[cell], err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	block := record.Block{Cell: cell, Round: w.blocks, Start: w.Start, WarmUp: true, BeganNS: int64(begin.Sub(w.began)),
		LengthNS: int64(time.Since(begin))}
	w.blocks++
	w.LengthNS += block.LengthNS
	w.Record.Begin(s.requests...)
	observed.replay(w.Record)
	return observed.observations, w.Record.End(block)
}

// warmUp warms up all targets and records the warm-ups.
func (v *visitor) warmUp(ctx context.Context, all []*warming) error {
	for _, w := range all {
		if v.isLost(nameOf(w.target)) {
			continue
		}
		if err := v.settle(ctx, subject.DefaultTimeout); err != nil {
			return err
		}
		if err := w.warm(ctx); err != nil {
			if v.loseCell(ctx, w.cells[0], err) {
				continue
			}
			return err
		}
		if err := v.Record.AddWarmUp(w.WarmUp); err != nil {
			return err
		}
	}
	v.counted = v.counters()
	return nil
}
