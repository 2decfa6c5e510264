package calibrate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/stats"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// noiseProperties returns the properties of the statistics. They use noise recorded on this machine: a program against
// a copy of itself.
func noiseProperties() []Property {
	return []Property{{
		Name: "labels", About: "rate of false alarms on recorded noise with randomly swapped labels, α = 5%",
		Must:     "5 ± 0.65%",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return pick(l, time.Minute, 20*time.Minute) },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.drawOn(ctx, recordedNoise, labelDraws, l.labels)
		},
	}, {
		Name: "injected", About: "known changes added to recorded noise: bias of the estimate, coverage of its interval",
		Must: "bias at most 2 percentage points, coverage 92 to 98%", Aim: "0.3 percentage points, 94 to 96%",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return pick(l, 15*time.Second, 2*time.Minute) },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.drawOn(ctx, recordedNoise, pick(l, 300, 2000), l.injected)
		},
	}}
}

// recordedNoise is the name of the noise in the state. It has the prefix labels, the first property that uses it.
const recordedNoise = "labels noise"

// noise returns noise recorded from a program against itself: the log ratios of its median response times by starts of
// the targets. It is recorded once per calibration, in pieces of at most a minute that are kept in the state. So
// several properties share it, and an interruption loses only one piece.
func (l *Lab) noise(ctx context.Context, name string) (sequential.Series, error) {
	pieces := pick(l, 1, 10)
	all, err := repeated(l, name, pieces, func(i int) (sequential.Series, error) {
		return l.recordNoise(ctx, pick(l, 40*time.Second, time.Minute), l.Seed+uint64(i), func(share float64) {
			l.step(0.9 * (float64(i) + share) / float64(pieces))
		})
	})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Concat(all...), func(start []float64) bool { return len(start) == 0 }), nil
}

// noiseStart is how long a start of the targets is measured, between the lengths of a check's third and fourth stage.
const noiseStart = 300 * time.Millisecond

// recordNoise records noise for the budget. It calls progress with the share of the budget that is over.
func (l *Lab) recordNoise(ctx context.Context, budget time.Duration, seed uint64, progress func(share float64)) (
	s sequential.Series, err error) {
	p := l.Programs[startupProgram]
	pl := plan.Plan{Workloads: []contract.Description{p.Description}, BudgetNS: int64(budget), MinRequests: 5, Seed: seed,
		Baseline: "base", Check: &plan.CheckSpec{Candidate: "candidate", Metrics: []string{analysis.MetricResponse},
			MustCatch: sequential.DefaultMustCatch, Alpha: sequential.DefaultAlpha}}
	for _, name := range []string{"base", "candidate"} {
		pl.Variants = append(pl.Variants, subject.Variant{Name: name, Model: subject.ScriptModel})
		pl.Cells = append(pl.Cells, plan.Cell{Workload: p.Name, Request: p.Requests[0].Name, Model: name,
			Engine: load.Default, Load: closed(1)})
	}
	pl.Alternate()
	runner := run.Runner{Plan: pl, Engines: load.Engines(), Machine: machine.Counters}
	err = recordRun(runner, func(r *run.Runner, dir string) error {
		r.Launcher = &subject.Launcher{Dir: dir, Seed: seed, Programs: []subject.Program{p}, Variants: pl.Variants,
			Kill: l.Kill}
		return r.RunStarts(ctx, func(_ int, elapsed time.Duration) (run.NextStart, error) {
			progress(min(float64(elapsed)/float64(budget), 1))
			if elapsed >= budget {
				return run.NextStart{}, nil
			}
			return run.NextStart{Length: noiseStart, Until: budget}, nil
		})
	}, func(result *record.Result) error {
		d, err := analysis.CheckData(result)
		if err == nil {
			s = d.Gates[0]
		}
		return err
	})
	return s, err
}

// drawStream is the second half of the random generators' seeds.
const drawStream = 0x63616c6962726174 // "calibrat"

// relabelled swaps the two sides of each start with a probability of one half, as if the base had been the candidate.
func relabelled(s sequential.Series, random *rand.Rand) sequential.Series {
	drawn := make(sequential.Series, len(s))
	for i, start := range s {
		sign := float64(1 - 2*random.IntN(2))
		for _, d := range start {
			drawn[i] = append(drawn[i], sign*d)
		}
	}
	return drawn
}

const (
	labelDraws = 10_000
	labelAlpha = 0.05
	fewDraws   = 4_000 // draws of signs per test: their error of a third of 1% averages out over the many seeds
)

// drawOn calls draw with n and the noise of that name, which it records unless the state has it. Without enough noise
// the outcome is not judged.
func (l *Lab) drawOn(ctx context.Context, name string, n int,
	draw func(ctx context.Context, noise sequential.Series, n int) (Outcome, error)) (Outcome, error) {
	noise, err := l.noise(ctx, name)
	if err != nil {
		return Outcome{}, err
	}
	if len(noise) < sequential.StartsAtOnce {
		return Outcome{Verdict: Unjudged, Measures: []Measure{},
			Text: fmt.Sprintf("Only %d starts of the targets have valid pairs; a look needs %d.", len(noise),
				sequential.StartsAtOnce)}, nil
	}
	return draw(ctx, noise, n)
}

// labels swaps labels at random n times, and counts how often each test reports a difference between the sides.
func (l *Lab) labels(ctx context.Context, s sequential.Series, n int) (Outcome, error) {
	type alarms struct{ gate, starts, pairs bool }
	found, err := drawAll(ctx, n, func(i int) (a alarms) {
		drawn := relabelled(s, rand.New(rand.NewPCG(l.Seed+uint64(i), drawStream)))
		rule := sequential.Rule{MustCatch: 1e-9, Alpha: labelAlpha, Seed: l.Seed + uint64(i), Draws: fewDraws}
		a.gate = rule.Judge(sequential.Data{Gates: []sequential.Series{drawn}, Ended: true}).Alarmed
		var estimates, pairs []float64
		for _, start := range drawn {
			estimates = append(estimates, stats.HodgesLehmann(start))
			pairs = append(pairs, start...)
		}
		a.starts = stats.SignedRankP(estimates, 0) <= labelAlpha
		a.pairs = stats.SignedRankP(pairs, 0) <= labelAlpha
		return a
	}, func(done int) { l.step(0.9 + 0.1*float64(done)/float64(n)) })
	if err != nil {
		return Outcome{}, err
	}
	var byGate, byStarts, byPairs int
	for _, a := range found {
		if a.gate {
			byGate++
		}
		if a.starts {
			byStarts++
		}
		if a.pairs {
			byPairs++
		}
	}
	return newOutcome(fmt.Sprintf("%d starts of two copies with %d pairs of blocks were recorded. Then the two sides of "+
		"each start were swapped at random, %d times: 5%% of the tests may report a difference. The test over pairs is "+
		"for information: it treats pairs as independent, so it alarms too often if starts differ.", len(s),
		len(slices.Concat(s...)), n),
		rate("alarms of the sequential test, before confirmation", byGate, n, "labels", about(5, 0.65), nil),
		rate("alarms of the signed-rank test over starts", byStarts, n, "labels", about(5, 0.65), nil),
		rate("alarms of the signed-rank test over pairs", byPairs, n, "labels", nil, nil)), nil
}

// drawAll calls draw for the numbers below n, on all cores, and returns its results. It calls progress now and then
// with the number of calls so far.
func drawAll[T any](ctx context.Context, n int, draw func(i int) T, progress func(done int)) ([]T, error) {
	const atOnce = 100 // may take a quarter of a minute
	all := make([]T, n)
	for from := 0; from < n; from += atOnce {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		progress(from)
		var next atomic.Int64
		var drawing sync.WaitGroup
		to := min(from+atOnce, n)
		for range runtime.GOMAXPROCS(0) {
			drawing.Go(func() {
				for i := from + int(next.Add(1)) - 1; i < to && ctx.Err() == nil; i = from + int(next.Add(1)) - 1 {
					all[i] = draw(i)
				}
			})
		}
		drawing.Wait()
	}
	return all, context.Cause(ctx)
}

// injectedSizes are the changes to inject, as shares: 0.01 is 1%.
var injectedSizes = []float64{0, 0.01, 0.02, 0.03, 0.05, 0.10, 0.20, 0.50}

// checkStarts is the approximate number of starts of the targets in a check of one minute.
const checkStarts = 96

// injected simulates n checks for each size of change. A check draws whole starts from the recorded noise, with
// replacement and random labels, and adds the change. Its estimates and verdicts are compared with that change.
func (l *Lab) injected(ctx context.Context, noise sequential.Series, n int) (Outcome, error) {
	rules := []sequential.Rule{{MustCatch: 0.02},
		{Margin: sequential.DefaultMargin, MustCatch: sequential.DefaultMustCatch}}
	table := &Table{Header: []string{"change", "bias", "coverage", "at margin 0: regression", "pass", "inconclusive",
		"at margin 3%: regression", "pass", "inconclusive"}}
	furthest, covered, intervals := 0.0, 0, 0
	for k, size := range injectedSizes {
		type simulated struct {
			interval stats.Clustering
			has      bool
			verdicts [2]sequential.Verdict
		}
		all, err := drawAll(ctx, n, func(i int) (c simulated) {
			random := rand.New(rand.NewPCG(l.Seed+uint64(i), drawStream+uint64(k)+1))
			s := shifted(resampled(noise, checkStarts, random), math.Log1p(size))
			c.interval, c.has = stats.Clustered(s, 0.95)
			for m, rule := range rules {
				rule.Alpha, rule.Seed, rule.Draws = sequential.DefaultAlpha, l.Seed+uint64(i), fewDraws
				c.verdicts[m] = rule.Judge(sequential.Data{Gates: []sequential.Series{s}, Ended: true}).Verdict
			}
			return c
		}, func(done int) {
			l.step((float64(k) + float64(done)/float64(n)) / float64(len(injectedSizes)))
		})
		if err != nil {
			return Outcome{}, err
		}
		var bias []float64
		verdicts := [2]map[sequential.Verdict]int{{}, {}}
		held := 0
		for _, c := range all {
			if iv := c.interval; c.has {
				bias = append(bias, 100*(math.Exp(iv.Estimate)-1-size))
				intervals++
				if iv.Low <= math.Log1p(size) && math.Log1p(size) <= iv.High {
					held++
				}
			}
			for m, v := range c.verdicts {
				verdicts[m][v]++
			}
		}
		covered += held
		mean := 0.0
		for _, b := range bias {
			mean += b / float64(len(bias))
		}
		furthest = max(furthest, math.Abs(mean))
		row := []string{fmt.Sprintf("%g%%", 100*size), digits(mean) + " points", percent(held, len(bias))}
		for _, v := range verdicts {
			row = append(row, percent(v[sequential.Regression], n), percent(v[sequential.Pass], n),
				percent(v[sequential.Inconclusive]+v[sequential.Unconfirmed], n))
		}
		table.Rows = append(table.Rows, row)
	}
	o := newOutcome(fmt.Sprintf("%d starts with %d pairs were recorded. For each size of change, %d checks of %d starts "+
		"each were drawn from them, with random labels, and the change was added. The smallest change to detect is 2%% "+
		"at margin 0, and 10%% at margin 3%%.", len(noise), len(slices.Concat(noise...)), n, checkStarts),
		Measure{Name: "largest bias of the mean estimate", Unit: "points", Value: furthest, N: n,
			Of: "checks of each size", Must: atMost(2), Aim: atMost(0.3)},
		rate("coverage of the 95% interval", covered, intervals, "intervals", within(92, 98), within(94, 96)))
	o.Table = table
	return o, nil
}

// resampled draws n starts with replacement. Random labels centre them at 0.
func resampled(s sequential.Series, n int, random *rand.Rand) sequential.Series {
	drawn := make(sequential.Series, n)
	for i := range drawn {
		drawn[i] = s[random.IntN(len(s))]
	}
	return relabelled(drawn, random)
}

func shifted(s sequential.Series, by float64) sequential.Series {
	for _, start := range s {
		for i := range start {
			start[i] += by
		}
	}
	return s
}

func percent(k, n int) string {
	if n == 0 {
		return none
	}
	return fmt.Sprintf("%.1f%%", 100*float64(k)/float64(n))
}
