package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/check"
	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// startupProgram is the program of all live checks.
const startupProgram = "startup"

// A checkResult is what came of a live check.
type checkResult struct {
	Verdict string  `json:"verdict"`
	Why     string  `json:"why"`
	Seconds float64 `json:"seconds"`
	Ratio   float64 `json:"ratio"` // of the response times, 0 if there was none
}

// A checkSet is many checks of the same kind, and how they are judged: by how many of them came to one verdict.
type checkSet struct {
	name              string
	slower            float64 // the candidate, by so much: 0.1 is 10 %
	margin, mustCatch float64
	budget            time.Duration
	n                 int

	verdict   string // that is counted
	counted   string // what the measure of it is called
	must, aim *Range // of the count
	timeAim   *Range // of the median time of a check
}

// checks makes the checks of a set and judges them. Their times and what they saw are told for information.
func (l *Lab) checks(ctx context.Context, s checkSet) (Outcome, error) {
	all, work, err := l.runChecks(ctx, s)
	if err != nil {
		return Outcome{}, err
	}
	came := map[string]int{}
	var seconds, changes []float64
	alarms := ""
	for _, v := range all {
		came[v.Verdict]++
		seconds = append(seconds, v.Seconds)
		if v.Ratio > 0 {
			changes = append(changes, 100*(v.Ratio-1))
		}
		if s.slower == 0 && v.Verdict == analysis.Regression {
			alarms += " An alarm: " + v.Why + "."
		}
	}
	slices.Sort(seconds)
	took := func(q float64, aim *Range) Measure {
		return Measure{Name: fmt.Sprintf("time of a check, p%g", 100*q), Unit: "s", N: len(all), Of: "checks",
			Value: seconds[stats.NearestRank(q, len(seconds))-1], Aim: aim}
	}
	measures := []Measure{shareMeasure(s.counted, came[s.verdict], len(all), s.must, s.aim), took(0.5, s.timeAim),
		took(0.95, nil)}
	if len(changes) > 0 {
		measures = append(measures, Measure{Name: "median of the changes that were seen", Unit: "%", N: len(changes),
			Of: "checks", Value: stats.Median(changes)})
	}
	says := fmt.Sprintf("Of %d checks %d found a regression, %d passed and %d were inconclusive.%s", len(all),
		came[analysis.Regression], came[analysis.Pass], came[analysis.Undecided], alarms)
	if s.slower > 0 {
		says = fmt.Sprintf("The start was longer by %v. %s", work, says)
	}
	return newOutcome(says, measures...), nil
}

// runChecks makes the checks of a set. The candidate's start is longer by a share of the median that the program takes
// here, which is measured first.
func (l *Lab) runChecks(ctx context.Context, s checkSet) ([]checkResult, time.Duration, error) {
	work := time.Duration(0)
	if s.slower > 0 {
		medians, err := repeated(l, s.name+" median", 1, func(int) (int64, error) { return l.median(ctx) })
		if err != nil {
			return nil, 0, err
		}
		work = time.Duration(s.slower * float64(medians[0]))
	}
	all, err := repeated(l, s.name, s.n, func(i int) (checkResult, error) {
		pair := check.Pair{Program: l.Programs[startupProgram]}
		if work > 0 {
			pair.Candidate = map[string]string{contract.EnvStartupWork: work.String()}
		}
		c, err := l.makeCheck(ctx, check.Options{Margin: s.margin, MustCatch: s.mustCatch,
			Alpha: sequential.DefaultAlpha, Budget: s.budget, ConfirmBudget: s.budget, Seed: l.Seed + uint64(i) + 1}, pair)
		if err != nil {
			return checkResult{}, fmt.Errorf("check %d of %d: %w", i+1, s.n, err)
		}
		v := checkResult{Verdict: c.Verdict, Why: c.Why, Seconds: c.Seconds}
		for _, g := range c.Gates {
			if g.Metric == analysis.MetricResponse && g.Ratio != nil {
				v.Ratio = *g.Ratio
			}
		}
		return v, nil
	})
	return all, work, err
}

// median is that of the program's response times, as a cgi child of one client, in nanoseconds.
func (l *Lab) median(ctx context.Context) (ns int64, err error) {
	p := l.Programs[startupProgram]
	err = l.silent().record(ctx, []subject.Program{p}, 4*time.Second, func(_ *record.Result, a *analysis.Analysis) error {
		if len(a.Cells) == 0 || a.Cells[0].Response.P50 == nil {
			return fmt.Errorf("%s has no median", p.Name)
		}
		ns = *a.Cells[0].Response.P50
		return nil
	})
	return ns, err
}

// shareMeasure is k of n as a measure that is judged by its count, with the interval of Clopper and Pearson.
func shareMeasure(name string, k, n int, must *Range, aim *Range) Measure {
	low, high := clopperPearson(k, n)
	m := countMeasure(name, k, n, "checks", must)
	m.Aim, m.Low, m.High = aim, new(low*float64(n)), new(high*float64(n))
	return m
}

// rate is k of n in percent, with the same interval.
func rate(name string, k, n int, of string, must, aim *Range) Measure {
	low, high := clopperPearson(k, n)
	return Measure{Name: name, Unit: "%", Value: 100 * float64(k) / float64(n), Low: new(100 * low), High: new(100 * high),
		N: n, Of: of, Must: must, Aim: aim}
}

// clopperPearson is the exact 95 % interval of a probability of which k of n trials came true: its ends are those
// probabilities with which as many, or as few, are 2.5 % likely. Source: Clopper and Pearson 1934.
func clopperPearson(k, n int) (low, high float64) { return 1 - highest(n-k, n), highest(k, n) }

// highest is the probability with which at most k of n come true in 2.5 % of all cases.
func highest(k, n int) float64 {
	low, high := 0.0, 1.0
	for range 60 {
		if half := (low + high) / 2; k == n || binomial(k, n, half) > 0.025 {
			low = half
		} else {
			high = half
		}
	}
	return high
}

// binomial is how likely at most k of n come true.
func binomial(k, n int, p float64) float64 {
	sum := 0.0
	lgn, _ := math.Lgamma(float64(n + 1))
	for i := 0; i <= k; i++ {
		a, _ := math.Lgamma(float64(i + 1))
		b, _ := math.Lgamma(float64(n - i + 1))
		sum += math.Exp(lgn - a - b + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

// smallChecks is how many checks are to find a small change.
const smallChecks = 200

// checkProperties are the properties of live checks.
func checkProperties() []Property {
	return []Property{{
		Name: "alike", About: "alarms of the gate at its rate of 1 %, identical programs, live",
		Must: "at most 1 of 200 (quick: 0 of 20)", Aim: "0",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(pick(l, 20*9, 200*30)) * time.Second },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.falseAlarms(ctx, "alike", pick(l, 20, 200), pick(l, 0, 1))
		},
	}, {
		Name: "found", About: "a start-up that costs 10 % more is found within 20 s, live",
		Must: "at least 196 of 200 (quick: 19 of 20)", Aim: "half of them within 5 s",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(pick(l, 20, 200)) * 10 * time.Second },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.checks(ctx, checkSet{name: "found", slower: 0.1, margin: sequential.DefaultMargin,
				mustCatch: sequential.DefaultMustCatch, budget: 20 * time.Second, n: pick(l, 20, 200),
				verdict: analysis.Regression, counted: "found", must: atLeast(pick(l, 19.0, 196)), timeAim: atMost(5)})
		},
	}, {
		Name: "found-small", About: "a start-up that costs 2 % more is found at margin 0 within 120 s, live",
		Must: "at least 90 %", Aim: "98 %",
		Programs: []string{startupProgram},
		Long:     true,
		Duration: func(*Lab) time.Duration { return smallChecks * 60 * time.Second },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.checks(ctx, checkSet{name: "found-small", slower: 0.02, mustCatch: 0.02, budget: 2 * time.Minute,
				n: smallChecks, verdict: analysis.Regression, counted: "found", must: atLeast(0.9 * smallChecks),
				aim: atLeast(0.98 * smallChecks)})
		},
	}}
}

// falseAlarms checks a program against itself, at all defaults; but a quick calibration gives each check a seventh of
// the time. Most of the error is spent at the first looks, so that hardly any alarm is missed by it, and more are
// inconclusive, which are none.
func (l *Lab) falseAlarms(ctx context.Context, name string, n, most int) (Outcome, error) {
	return l.checks(ctx, checkSet{name: name, margin: sequential.DefaultMargin, mustCatch: sequential.DefaultMustCatch,
		budget: pick(l, 8*time.Second, time.Minute), n: n, verdict: analysis.Regression, counted: "false alarms",
		must: atMost(float64(most)), aim: atMost(0)})
}

// makeCheck makes a check as the command check does, and leaves nothing behind.
func (l *Lab) makeCheck(ctx context.Context, o check.Options, pair check.Pair) (*analysis.Check, error) {
	if l.check != nil {
		return l.check(ctx, o, pair)
	}
	counted, measured := analysis.Gated()
	o.Gates = slices.Concat(counted, measured)
	return o.OfPair(ctx, pair, &subject.Launcher{Exporter: l.Command, Kill: l.Kill}, l.Finder)
}
