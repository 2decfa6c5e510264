package calibrate

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/check"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats/sequential"
)

// Virtual gives a lab a simulation without noise.
func Virtual(l *Lab) { l.simulation = virtual{} }

// RunEngineProperty measures a property of forktax's engine at the depth of a quick calibration.
func RunEngineProperty(ctx context.Context, l *Lab, name string) (Outcome, error) {
	return enginePropertyNamed(name).run(ctx, &engineUnderTest{Lab: l, depth: quick})
}

// EngineProperties returns the names of the engine properties.
func EngineProperties() []string {
	var names []string
	for _, e := range engineProperties() {
		names = append(names, e.Name)
	}
	return names
}

func enginePropertyNamed(name string) engineProperty {
	for _, e := range engineProperties() {
		if e.Name == name {
			return e
		}
	}
	panic(name)
}

// A Faulty is a faulty engine.
type Faulty struct {
	Name, Property string
	Sends          bool // it sends requests itself instead of using forktax's engine
	faultyEngine
}

// FaultyEngines returns all faulty engines.
func FaultyEngines() []Faulty {
	var all []Faulty
	for _, w := range faultyEngines() {
		_, sends := w.wrap(nil).(naiveEngine)
		all = append(all, Faulty{w.name, w.property, sends, w})
	}
	return all
}

// Measure measures the property that detects the fault: first for the engine without the fault, then for the faulty
// one.
func (f Faulty) Measure(ctx context.Context, l *Lab) (right, found Outcome, err error) {
	return f.measure(ctx, l)
}

// Repeated returns a property with n repetitions. It calls do for each.
func Repeated(name string, n int, do func(i int) error) Property {
	return Property{Name: name, Duration: func(*Lab) time.Duration { return time.Second },
		Run: func(_ context.Context, l *Lab) (Outcome, error) {
			all, err := repeated(l, name, n, func(i int) (int, error) { return i, do(i) })
			if err != nil {
				return Outcome{}, err
			}
			sum := 0
			for _, i := range all {
				sum += i
			}
			return newOutcome("the sum of the repetitions",
				countMeasure("sum", sum, n, "repetitions", atMost(float64(n*n)))), nil
		}}
}

// Judged returns the verdict on a value with this interval and these limits.
func Judged(value, low, high, least, most float64) string {
	return newOutcome("", Measure{Value: value, Low: &low, High: &high, Must: within(least, most)}).Verdict
}

// Functions tested with examples worked out by hand.
var (
	Slope            = slope
	Kolmogorov       = kolmogorov
	Different        = different
	Digits           = digits
	ParseServiceSpec = parseServiceSpec
)

func StallQuantile(length, total, service time.Duration, rho, q float64) time.Duration {
	return stall{length, total, service, rho}.quantile(q)
}

func Sojourn(service time.Duration, rho float64) time.Duration { return queue{service, rho}.sojourn() }

func IdealSojourn(service time.Duration, arrivals []time.Duration) time.Duration {
	return queue{service, 0}.ideal(arrivals)
}

func QueueChance(n int) float64 { return queue{}.chance(n) }

func Counted(values []time.Duration, thousandths int) (int64, bool) {
	return percentileOf(slices.Sorted(slices.Values(values)), thousandths)
}

func (a ServiceSpec) Duration(i int) time.Duration { return a.duration(i) }

func (a ServiceSpec) Fails(i int) bool { return a.fails(i) }

// Visit makes a visit with forktax's engine to a ground-truth server.
func Visit(ctx context.Context, l *Lab, ask ServiceSpec, load plan.Load, n int, after, still time.Duration) (
	seen []record.Observation, real []Stamp, err error) {
	s, stop, err := l.serve(ctx)
	if err != nil {
		return nil, nil, err
	}
	sc := scenario{service: ask, load: load, length: 1, minRequests: n, seed: 1}
	sc.pause = standstill{after, still}
	it, err := l.visit(ctx, s, epollEngine(), sc)
	if failed := stop(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, nil, err
	}
	return it.seen, it.real, nil
}

// InvalidReasons returns why a visit with this analysis is invalid.
func InvalidReasons(a *analysis.Analysis) string {
	return (&visitResult{analysis: a, invalid: a.Cells[0].Invalid}).invalidReasons()
}

// Paused makes a visit with a generator that is paused. It returns the observations and why the visit is invalid.
func Paused(ctx context.Context, l *Lab, load plan.Load, length, after, stopped time.Duration) (
	[]record.Observation, string, error) {
	s, stop, err := l.serve(ctx)
	if err != nil {
		return nil, "", err
	}
	it, err := l.visit(ctx, s, pausedEngine{l, after, stopped}, scenario{
		service: ServiceSpec{Time: time.Microsecond}, load: load, length: length, seed: 1})
	if failed := stop(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, "", err
	}
	return it.seen, it.invalidReasons(), nil
}

// Functions of the live checks and of recorded noise.
var (
	ClopperPearson = clopperPearson
	Relabelled     = relabelled
	Resampled      = resampled
)

func Labels(ctx context.Context, l *Lab, noise sequential.Series, n int) (Outcome, error) {
	text, err := json.Marshal(noise)
	if err != nil {
		return Outcome{}, err
	}
	l.state = newState(Header{})
	l.state.repetitions[recordedNoise] = []json.RawMessage{text}
	return l.drawOn(ctx, recordedNoise, n, l.labels)
}

func Injected(ctx context.Context, l *Lab, noise sequential.Series, n int) (Outcome, error) {
	return l.injected(ctx, noise, n)
}

func RecordNoise(ctx context.Context, l *Lab, budget time.Duration) (sequential.Series, error) {
	return l.recordNoise(ctx, budget, l.Seed, func(float64) {})
}

func PhasesOf(ctx context.Context, l *Lab, name string, budget time.Duration) (Outcome, error) {
	return l.phases(ctx, []string{name}, budget)
}

// FalseAlarms returns a property with n checks of a program against itself, of which at most most may be false alarms.
func FalseAlarms(n, most int) Property {
	return Property{Name: "alike", Duration: func(*Lab) time.Duration { return time.Second },
		Checks: func(l *Lab) checkSet { return falseAlarms(l, "alike", n, most) }}
}

// WithStressor calls run while a stressor runs.
func WithStressor(ctx context.Context, l *Lab, run func()) error {
	return l.withStressor(ctx, func() error { run(); return nil })
}

// A RefusedThiefError is returned where a thief is not permitted.
type RefusedThiefError = refusedThiefError

// BesideThief calls run while a thief runs, and returns the share of each core that it took.
func BesideThief(ctx context.Context, l *Lab, share float64, run func()) (float64, error) {
	return l.besideThief(ctx, share, func() error { run(); return nil })
}

// TheftLength returns the length of a thief's burst for u from 0 to 1.
func TheftLength(u float64) time.Duration { return theftLength(u) }

// SeedIn returns the seed of the calibration in a directory.
var SeedIn = seedIn

// SetMedian sets the program's median response time instead of measuring it.
func SetMedian(l *Lab, median time.Duration) { l.knownMedian = median }

// SetThief replaces the thief of a lab. It takes this part of its share, or is refused for the reason.
func SetThief(l *Lab, took float64, refused string) {
	l.thief = func(share float64, run func() error) (float64, error) {
		if refused != "" {
			return 0, &refusedThiefError{refused}
		}
		return took * share, run()
	}
}

// HyperfineRatio reads two exports of hyperfine and compares them.
func HyperfineRatio(a, b string) (ratio, deviation float64, err error) {
	first, err := readHyperfine([]byte(a))
	if err != nil {
		return 0, 0, err
	}
	second, err := readHyperfine([]byte(b))
	c := ratioOf(first, second)
	return c.Ratio, c.Deviation, err
}

// CompareByHyperfine compares a program with itself by the hyperfine at the path.
func CompareByHyperfine(ctx context.Context, l *Lab, path string, runs int) (ratio float64, err error) {
	c, err := l.compareByHyperfine(ctx, path, runs, 0)
	return c.Ratio, err
}

// SetCheck replaces the live checks of a lab.
func SetCheck(l *Lab, check func(context.Context, check.Options, check.Pair) (*analysis.Check, error)) {
	l.check = check
}

// Budgets compares runs of a third and of three times the budget.
func Budgets(ctx context.Context, l *Lab, budget time.Duration) (Outcome, error) {
	return l.budgets(ctx, budget)
}
