package calibrate

import (
	"context"
	"errors"
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

// A CheckResult is the result of a live check.
type CheckResult struct {
	Verdict string  `json:"verdict"`
	Why     string  `json:"why"`
	Seconds float64 `json:"seconds"`
	Ratio   float64 `json:"ratio"` // ratio of the median response times, candidate over base; 0 if there is none
	Seed    uint64  `json:"seed"`
	Slower  float64 `json:"slower,omitempty"`  // how much slower the candidate starts; 0.1 is 10%
	WorkNS  int64   `json:"work_ns,omitempty"` // the same as a time
	Stolen  float64 `json:"stolen,omitempty"`  // share of each core that a thief took
}

// A checkSet is a set of live checks that are judged together.
type checkSet struct {
	name              string
	slower            []float64 // the candidates are slower by these shares, in turn; 0.1 is 10%
	margin, mustCatch float64
	budget            time.Duration
	n                 int     // number of checks
	hostile           bool    // run a stressor at the same time
	theft             float64 // share of each core that a thief takes at the same time; 0: no thief
	judge             func(all []CheckResult) Outcome
}

// checks makes the checks of a set that are in this part of the calibration. It judges them if the set is complete.
func (l *Lab) checks(ctx context.Context, s checkSet) (o Outcome, err error) {
	var all []CheckResult
	if s.hostile {
		err = l.withStressor(ctx, func() error {
			all, err = l.runChecks(ctx, s)
			return err
		})
	} else {
		all, err = l.runChecks(ctx, s)
	}
	var refused *refusedThiefError
	switch {
	case errors.As(err, &refused):
		return Outcome{Verdict: Skipped, Measures: []Measure{}, Text: "Skipped: " + refused.Error() + "."}, nil
	case err != nil:
		return Outcome{}, err
	case l.part.Of > 0:
		return Outcome{Verdict: Partial, Measures: []Measure{}, Checks: all,
			Text: fmt.Sprintf("%d of %d checks, to be judged when all parts are merged.", len(all), s.n)}, nil
	}
	return s.judge(all), nil
}

// runChecks makes the checks of a set. The candidate's start is longer by a share of the program's median response time
// on this machine, which is measured first.
func (l *Lab) runChecks(ctx context.Context, s checkSet) ([]CheckResult, error) {
	median := int64(0)
	if slices.Max(s.slower) > 0 {
		medians, err := repeated(l, s.name+" median", 1, func(int) (int64, error) { return l.median(ctx) })
		if err != nil {
			return nil, err
		}
		median = medians[0]
	}
	from, to := spanOf(l.part, s.n)
	return repeated(l, s.name, to-from, func(i int) (CheckResult, error) {
		i += from
		v, err := l.liveCheck(ctx, s, i, median)
		if err != nil {
			return v, fmt.Errorf("check %d of %d: %w", i+1, s.n, err)
		}
		return v, nil
	})
}

// liveCheck makes check i of a set.
func (l *Lab) liveCheck(ctx context.Context, s checkSet, i int, median int64) (v CheckResult, err error) {
	v.Seed, v.Slower = l.Seed+uint64(i)+1, s.slower[i%len(s.slower)]
	v.WorkNS = int64(v.Slower * float64(median))
	pair := check.Pair{Program: l.Programs[startupProgram]}
	if v.WorkNS > 0 {
		pair.Candidate = map[string]string{contract.EnvStartupWork: time.Duration(v.WorkNS).String()}
	}
	var c *analysis.Check
	run := func() (err error) {
		c, err = l.makeCheck(ctx, check.Options{Margin: s.margin, MustCatch: s.mustCatch, Alpha: sequential.DefaultAlpha,
			Budget: s.budget, ConfirmBudget: s.budget, Seed: v.Seed}, pair)
		return err
	}
	if s.theft > 0 {
		v.Stolen, err = l.besideThief(ctx, s.theft, run)
	} else {
		err = run()
	}
	if err != nil {
		return v, err
	}
	v.Verdict, v.Why, v.Seconds = c.Verdict, c.Why, c.Seconds
	for _, g := range c.Gates {
		if g.Metric == analysis.MetricResponse && g.Ratio != nil {
			v.Ratio = *g.Ratio
		}
	}
	return v, nil
}

// A verdictCount judges a set of checks by the number of them that have one verdict.
type verdictCount struct {
	verdict   string        // the verdict to count
	within    time.Duration // of checks that took longer, the verdict does not count; 0: of none
	counted   string        // name of the measure
	must, aim *Range        // limits of the count
	timeAim   *Range        // limit of the median time of a check
}

// judge judges all checks. Their times and changes are for information.
func (j verdictCount) judge(all []CheckResult) Outcome {
	var changes []float64
	for _, v := range all {
		if v.Ratio > 0 {
			changes = append(changes, 100*(v.Ratio-1))
		}
	}
	measures := []Measure{shareMeasure(j.counted, j.count(all), len(all), j.must, j.aim),
		timeMeasure("time of a check, p50", all, 0.5, nil, j.timeAim),
		timeMeasure("time of a check, p95", all, 0.95, nil, nil)}
	if len(changes) > 0 {
		measures = append(measures, Measure{Name: "median of the observed changes", Unit: "%", N: len(changes),
			Of: "checks", Value: stats.Median(changes)})
	}
	return newOutcome(verdictsText(all), measures...)
}

// count returns the number of checks with the verdict, in time.
func (j verdictCount) count(all []CheckResult) int {
	return countVerdict(slices.DeleteFunc(slices.Clone(all), func(v CheckResult) bool {
		return j.within > 0 && v.Seconds > j.within.Seconds()
	}), j.verdict)
}

// verdictsText summarizes the verdicts of checks, with the reason of each false alarm.
func verdictsText(all []CheckResult) string {
	came := map[string]int{}
	var work []int64
	alarms := ""
	for _, v := range all {
		came[v.Verdict]++
		if v.WorkNS > 0 {
			work = append(work, v.WorkNS)
		}
		if v.Slower == 0 && v.Verdict == analysis.Regression {
			alarms += " False alarm: " + v.Why + "."
		}
	}
	text := fmt.Sprintf("Of %d checks, %d found a regression, %d passed and %d were inconclusive.%s", len(all),
		came[analysis.Regression], came[analysis.Pass], len(all)-came[analysis.Regression]-came[analysis.Pass], alarms)
	if len(work) == 0 {
		return text
	}
	longer := time.Duration(slices.Min(work)).String()
	if most := time.Duration(slices.Max(work)).String(); most != longer { // several machines
		longer += " to " + most
	}
	return fmt.Sprintf("Slower candidates took %s longer to start. %s", longer, text)
}

// timeMeasure returns the q-quantile of the times of checks as a measure.
func timeMeasure(name string, all []CheckResult, q float64, must, aim *Range) Measure {
	var seconds []float64
	for _, v := range all {
		seconds = append(seconds, v.Seconds)
	}
	slices.Sort(seconds)
	m := Measure{Name: name, Unit: "s", Value: math.NaN(), N: len(all), Of: "checks", Must: must, Aim: aim}
	if len(all) > 0 {
		m.Value = seconds[stats.NearestRank(q, len(seconds))-1]
	}
	return m
}

// median returns the program's median response time in nanoseconds, with model cgi and one client.
func (l *Lab) median(ctx context.Context) (ns int64, err error) {
	if l.knownMedian > 0 {
		return int64(l.knownMedian), nil
	}
	p := l.Programs[startupProgram]
	err = l.silent().record(ctx, []subject.Program{p}, 4*time.Second, func(_ *record.Result, a *analysis.Analysis) error {
		if len(a.Cells) == 0 || a.Cells[0].Response.P50 == nil {
			return fmt.Errorf("%s: too few requests for a median response time", p.Name)
		}
		ns = *a.Cells[0].Response.P50
		return nil
	})
	return ns, err
}

// shareMeasure returns k of n checks as a measure. Its limit applies to the count; the interval is that of Clopper and
// Pearson.
func shareMeasure(name string, k, n int, must *Range, aim *Range) Measure {
	low, high := clopperPearson(k, n)
	m := countMeasure(name, k, n, "checks", must)
	m.Aim, m.Low, m.High = aim, new(low*float64(n)), new(high*float64(n))
	return m
}

// rate returns k of n in percent as a measure, with the interval of Clopper and Pearson.
func rate(name string, k, n int, of string, must, aim *Range) Measure {
	low, high := clopperPearson(k, n)
	return Measure{Name: name, Unit: "%", Value: 100 * float64(k) / float64(n), Low: new(100 * low), High: new(100 * high),
		N: n, Of: of, Must: must, Aim: aim}
}

// clopperPearson returns the exact 95% confidence interval of a success probability after k successes in n trials. At
// its ends, at least k and at most k successes have a probability of 2.5%. Source: Clopper and Pearson 1934.
func clopperPearson(k, n int) (low, high float64) { return 1 - highest(n-k, n), highest(k, n) }

// highest returns the success probability for which at most k successes in n trials have a probability of 2.5%.
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

// binomial returns the probability of at most k successes in n trials with success probability p.
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

// smallChecks is the number of checks of a small change.
const smallChecks = 200

// checkProperties returns the properties of live checks.
func checkProperties() []Property {
	return []Property{{
		Name: "alike", About: "false alarms in live checks of identical programs at α = 1%",
		Must: "at most 1 of 200 (quick: 0 of 20)", Aim: "0",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(pick(l, 20*9, 200*30)) * time.Second },
		Checks:   func(l *Lab) checkSet { return falseAlarms(l, "alike", pick(l, 20, 200), pick(l, 0, 1)) },
	}, {
		Name: "found", About: "live checks find a start-up that costs 10% more within 20 s",
		Must: "at least 196 of 200 (quick: 19 of 20)", Aim: "half of them within 5 s",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(pick(l, 20, 200)) * 10 * time.Second },
		Checks: func(l *Lab) checkSet {
			return checkSet{name: "found", slower: []float64{0.1}, margin: sequential.DefaultMargin,
				mustCatch: sequential.DefaultMustCatch, budget: 20 * time.Second, n: pick(l, 20, 200),
				judge: verdictCount{verdict: analysis.Regression, counted: "found", within: 20 * time.Second,
					must:    atLeast(pick(l, 19.0, 196)),
					timeAim: atMost(5)}.judge}
		},
	}, {
		Name: "found-small", About: "live checks find a start-up that costs 2% more at margin 0 within 120 s",
		Must: "at least 90%", Aim: "98%",
		Programs: []string{startupProgram},
		Long:     true,
		Duration: func(*Lab) time.Duration { return smallChecks * 60 * time.Second },
		Checks: func(*Lab) checkSet {
			return checkSet{name: "found-small", slower: []float64{0.02}, mustCatch: 0.02, budget: 2 * time.Minute,
				n: smallChecks, judge: verdictCount{verdict: analysis.Regression, counted: "found", within: 2 * time.Minute,
					must: atLeast(0.9 * smallChecks), aim: atLeast(0.98 * smallChecks)}.judge}
		},
	}}
}

// falseAlarms returns a set of n checks of a program against itself with default options, of which at most most may be
// alarms. A quick calibration gives each check about a seventh of the time. This hides hardly any alarm, because most
// of alpha is spent at the first looks; it makes more checks inconclusive, which does not count as an alarm.
func falseAlarms(l *Lab, name string, n, most int) checkSet {
	return checkSet{name: name, slower: []float64{0}, margin: sequential.DefaultMargin,
		mustCatch: sequential.DefaultMustCatch, budget: pick(l, 8*time.Second, time.Minute), n: n,
		judge: verdictCount{verdict: analysis.Regression, counted: "false alarms", must: atMost(float64(most)),
			aim: atMost(0)}.judge}
}

// makeCheck makes a check as forktax check does, and removes its record.
func (l *Lab) makeCheck(ctx context.Context, o check.Options, pair check.Pair) (*analysis.Check, error) {
	if l.check != nil {
		return l.check(ctx, o, pair)
	}
	counted, measured := analysis.Gated()
	o.Gates = slices.Concat(counted, measured)
	return o.OfPair(ctx, pair, &subject.Launcher{Exporter: l.Command, Kill: l.Kill}, l.Finder)
}
