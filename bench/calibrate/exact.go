package calibrate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/report"
)

// exactProperties returns the properties that are pure arithmetic, without noise.
func exactProperties() []Property {
	return []Property{{
		Name: "percentiles", About: "the percentiles of a report against a count over the same observations",
		Must: "equal; HdrHistogram export within 0.1%", Aim: "the same",
		Duration: func(*Lab) time.Duration { return 4 * time.Second },
		Run:      runPercentiles,
	}}
}

func runPercentiles(ctx context.Context, l *Lab) (o Outcome, err error) {
	s, stop, err := l.serve(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	engines := []load.Engine{drawnEngine{}, drawnEngine{grain: time.Millisecond}, epollEngine()}
	compared, unlike, furthest := 0, 0, 0.0
	n := 0
	for i, engine := range engines {
		if engine == nil { // not available on this system
			continue
		}
		c := &engineUnderTest{Lab: l, truthClient: s, wrap: func(load.Engine) load.Engine { return engine }}
		result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: time.Microsecond}, load: closed(1),
			length: 250 * time.Millisecond, minRequests: 1500, blocks: 4, seed: l.Seed + uint64(i)})
		if err != nil {
			return Outcome{}, err
		}
		n += len(result.seen)
		cell := result.analysis.Cells[0]
		if len(cell.Invalid) > 0 {
			return Outcome{Verdict: Unjudged, Measures: []Measure{},
				Text: fmt.Sprintf("Some blocks were invalid (%v), so not all observations count.", cell.Invalid)}, nil
		}
		histogram, err := exported(result.analysis)
		if err != nil {
			return Outcome{}, err
		}
		sorted := slices.Sorted(slices.Values(valuesOf(result.seen, record.Observation.Response)))
		for _, p := range []struct {
			thousandths int
			got         *int64
		}{{500, cell.Response.P50}, {900, cell.Response.P90}, {990, cell.Response.P99}, {999, cell.Response.P999},
			{1000, cell.Response.Max}} {
			want, ok := percentileOf(sorted, p.thousandths)
			if !ok && p.got == nil {
				continue
			}
			compared++
			if !ok || p.got == nil || *p.got != want {
				unlike++
				continue
			}
			off := math.Abs(float64(analysis.ValueAt(histogram, float64(p.thousandths)/1000))/float64(want) - 1)
			furthest = max(furthest, 100*off)
		}
	}
	return newOutcome(fmt.Sprintf("%d observations, drawn from a log-normal distribution or made by the engine, were "+
		"recorded on disk and analysed. The reference percentiles were counted value by value.", n),
		countMeasure("percentiles that differ from the count", unlike, compared, "percentiles", atMost(0)),
		Measure{Name: "largest error of the HdrHistogram export", Unit: "%", Value: furthest, N: compared,
			Of: "percentiles", Must: atMost(0.1), Aim: atMost(0.1)}), nil
}

// drawnEngine is an engine that sends no requests and draws its times from a distribution with a long tail.
type drawnEngine struct {
	grain time.Duration // times are rounded up to its multiples; 0: not rounded
}

// Run implements load.Engine.
func (e drawnEngine) Run(_ context.Context, v load.Visit, rec load.Recorder) error {
	random := rand.New(rand.NewPCG(v.Seed, 0x6472617774696d65)) // "drawtime"
	var batch []record.Observation
	at := time.Duration(0)
	for range v.MinRequests {
		took := time.Duration(math.Exp(random.NormFloat64()) * float64(2*time.Millisecond))
		if e.grain > 0 {
			took = took.Truncate(e.grain) + e.grain
		}
		batch = append(batch, record.Observation{Intended: at, Sent: at, FirstByte: at + took, Done: at + took,
			Status: 200, Bytes: int64(len(truthBody))})
		at += took
	}
	rec.Observe(batch)
	return nil
}

// percentileOf returns the smallest value that at least thousandths/1000 of all values do not exceed. ok is false
// unless the largest value is an upper bound of it with 97.5% confidence: all n values are below it with probability
// (thousandths/1000)ⁿ. It follows the definition and does not use package stats.
func percentileOf(sorted []time.Duration, thousandths int) (int64, bool) {
	n := len(sorted)
	if thousandths < 1000 && math.Pow(float64(thousandths)/1000, float64(n)) > 0.025 {
		return 0, false
	}
	for i, v := range sorted {
		if (i+1)*1000 >= thousandths*n {
			return int64(v), true
		}
	}
	return 0, false
}

// exported returns the histogram that other tools read from the report's HDR log.
func exported(a *analysis.Analysis) (*hdrhistogram.Histogram, error) {
	var log bytes.Buffer
	if err := report.HDR(&log, a); err != nil {
		return nil, err
	}
	h, err := hdrhistogram.NewHistogramLogReader(&log).NextIntervalHistogram()
	if err == nil && h == nil {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("reading the exported histogram: %w", err)
	}
	return h, nil
}
