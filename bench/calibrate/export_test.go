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

// Virtual makes a lab one without noise.
func Virtual(l *Lab) { l.world = virtual{} }

// Sit has our own engine take an exam as thoroughly as a quick calibration does.
func Sit(ctx context.Context, l *Lab, exam string) (Outcome, error) {
	return examNamed(exam).sit(ctx, &candidate{Lab: l, depth: quick})
}

// Exams names them.
func Exams() []string {
	var names []string
	for _, e := range exams() {
		names = append(names, e.Name)
	}
	return names
}

func examNamed(name string) exam {
	for _, e := range exams() {
		if e.Name == name {
			return e
		}
	}
	panic(name)
}

// A Faulty is a wrong engine.
type Faulty struct {
	Name, By string
	Sends    bool // by itself, and not by our own engine
	wrong
}

// Wrongs are all.
func Wrongs() []Faulty {
	var all []Faulty
	for _, w := range wrongs() {
		_, sends := w.wrap(nil).(plain)
		all = append(all, Faulty{w.name, w.by, sends, w})
	}
	return all
}

// Examined has it take its exam, and one without the fault before.
func (f Faulty) Examined(ctx context.Context, l *Lab) (right, found Outcome, err error) {
	return f.examined(ctx, l)
}

// OwnTrial is a property that makes trials, and calls do for each.
func OwnTrial(name string, n int, do func(i int) error) Property {
	return Property{Name: name, Takes: func(*Lab) time.Duration { return time.Second },
		Run: func(_ context.Context, l *Lab) (Outcome, error) {
			all, err := trials(l, name, n, func(i int) (int, error) { return i, do(i) })
			if err != nil {
				return Outcome{}, err
			}
			sum := 0
			for _, i := range all {
				sum += i
			}
			return judged("the sum of the trials", count("sum", sum, n, "trials", atMost(float64(n*n)))), nil
		}}
}

// Judged makes an outcome of a value, its interval and its limits.
func Judged(value, low, high, least, most float64) string {
	return judged("", Measure{Value: value, Low: &low, High: &high, Must: within(least, most)}).Verdict
}

// Functions that are tested by hand-worked examples.
var (
	Slope      = slope
	Kolmogorov = kolmogorov
	Different  = different
	Digits     = digits
	ReadAsk    = readAsk
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

func (a Ask) Service(i int) time.Duration { return a.service(i) }

func (a Ask) Fails(i int) bool { return a.fails(i) }

// Look makes a visit with our own engine to a ground-truth server.
func Look(ctx context.Context, l *Lab, ask Ask, load plan.Load, n int, after, still time.Duration) (seen []record.Observation,
	real []Stamp, err error) {
	s, stop, err := l.serve(ctx)
	if err != nil {
		return nil, nil, err
	}
	sc := scene{ask: ask, load: load, length: 1, least: n, seed: 1}
	sc.still = standstill{after, still}
	it, err := l.look(ctx, s, own(), sc)
	if failed := stop(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, nil, err
	}
	return it.seen, it.real, nil
}

// Disturbed is by what a visit was disturbed of which the analysis says this.
func Disturbed(a *analysis.Analysis) string {
	return (&sight{analysis: a, accused: a.Cells[0].Invalid}).disturbed()
}

// Stopped makes a visit with a generator that is stopped.
func Stopped(ctx context.Context, l *Lab, load plan.Load, length, after, stopped time.Duration) ([]record.Observation, string,
	error) {
	s, stop, err := l.serve(ctx)
	if err != nil {
		return nil, "", err
	}
	it, err := l.look(ctx, s, stoppedEngine{l, after, stopped}, scene{ask: Ask{Time: time.Microsecond}, load: load, length: length,
		seed: 1})
	if failed := stop(); err == nil {
		err = failed
	}
	if err != nil {
		return nil, "", err
	}
	return it.seen, it.disturbed(), nil
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
	l.state = &state{trials: map[string][]json.RawMessage{recordedNoise: {text}}}
	return l.drawOn(ctx, recordedNoise, n, l.labels)
}

func Injected(ctx context.Context, l *Lab, noise sequential.Series, n int) (Outcome, error) {
	return l.injected(ctx, noise, n)
}

func RecordNoise(ctx context.Context, l *Lab, budget time.Duration) (sequential.Series, error) {
	return l.recordNoise(ctx, budget)
}

func PhasesOf(ctx context.Context, l *Lab, name string, budget time.Duration) (Outcome, error) {
	return l.phases(ctx, []string{name}, budget)
}

// Alike checks a program against itself, and may have most false alarms.
func Alike(n, most int) Property {
	return Property{Name: "alike", Takes: func(*Lab) time.Duration { return time.Second },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) { return l.alike(ctx, "alike", n, most) }}
}

// Beside runs with a hostile neighbour.
func Beside(ctx context.Context, l *Lab, run func()) error {
	_, err := l.beside(ctx, func(context.Context, *Lab) (Outcome, error) { run(); return Outcome{}, nil })
	return err
}

// Fine reads two exports of hyperfine, and compares what they tell.
func Fine(a, b string) (ratio, deviation float64, err error) {
	first, err := readTimed([]byte(a))
	if err != nil {
		return 0, 0, err
	}
	second, err := readTimed([]byte(b))
	c := compared(first, second)
	return c.Ratio, c.Deviation, err
}

// Peer has hyperfine compare programs, if it is installed.
func Peer(ctx context.Context, l *Lab, path string, runs int) (ratio float64, err error) {
	c, err := l.fine(ctx, path, runs, 0)
	return c.Ratio, err
}

// SetCheck has a lab make its checks otherwise.
func SetCheck(l *Lab, check func(context.Context, check.Options, check.Pair) (*analysis.Check, error)) {
	l.check = check
}
