package stats_test

import (
	"encoding/binary"
	"math"
	"runtime"
	"slices"
	"sort"
	"testing"

	"forktax/bench/stats"
)

// depression is the worked example of Hollander and Wolfe, table 3.1: the Hamilton depression scale factor IV of nine
// patients, after a first treatment minus before.
var depression = []float64{-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010}

// maize is Darwin's data: the heights of 15 cross-fertilised plants minus those of self-fertilised ones, in eighths of
// an inch. Source: Fisher, The Design of Experiments, chapter 3.
var maize = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

func TestHodgesLehmann(t *testing.T) {
	for name, c := range map[string]struct {
		d    []float64
		want float64
	}{
		"none":                      {nil, math.NaN()},
		"one":                       {[]float64{7}, 7},
		"two":                       {[]float64{1, 4}, 2.5},                  // 1, 2.5, 4
		"three":                     {[]float64{9, 1, 2}, 3.5},               // 1, 1.5, 2, 5, 5.5, 9: (2+5)/2
		"four":                      {[]float64{0, 1, 10, 100}, 7.75},        // 0 .5 1 5 5.5 10 50 50.5 55 100: (5.5+10)/2
		"all equal":                 {[]float64{0.1, 0.1, 0.1, 0.1}, 0.1},    //
		"zeros of both signs":       {[]float64{math.Copysign(0, -1), 0}, 0}, //
		"one wild value":            {[]float64{1, 2, 3, 4, 1e300}, 3},       // 1 1.5 2 2 2.5 2.5 3 3 3.5 4 …: of 15 the 8th
		"sums beyond float64":       {[]float64{math.MaxFloat64, math.MaxFloat64}, math.MaxFloat64},
		"both ends of float64":      {[]float64{-math.MaxFloat64, math.MaxFloat64, 5}, 2.5},
		"Hollander and Wolfe's 3.3": {depression, -0.46}, // the 23rd of 45
		"a NaN":                     {[]float64{1, math.NaN(), 2}, math.NaN()},
		"an infinity":               {[]float64{1, math.Inf(-1), 2}, math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			got := stats.HodgesLehmann(c.d)
			if !near(got, c.want) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("HodgesLehmann(%v) = %g, want %g", c.d, got, c.want)
			}
			if got == 0 && math.Signbit(got) {
				t.Errorf("HodgesLehmann(%v) = -0, want 0", c.d)
			}
		})
	}
}

// The result equals the median by definition, exactly: the algorithm selects one of the averages and never computes
// another number.
func TestHodgesLehmannIsTheMedianOfAllPairs(t *testing.T) {
	r := seeded(1)
	for n := 1; n <= 60; n++ {
		for range 5 {
			for _, d := range [][]float64{draw(r, n, noises["normal"]), draw(r, n, rounded)} {
				if got, want := stats.HodgesLehmann(d), stats.Median(allWalshAverages(d)); got != want {
					t.Fatalf("HodgesLehmann(%v) = %g, want %g", d, got, want)
				}
			}
		}
	}
}

func TestHodgesLehmannProperties(t *testing.T) {
	r := seeded(2)
	for range 300 {
		d := draw(r, 1+r.IntN(50), noises["Cauchy"])
		before := slices.Clone(d)
		got := stats.HodgesLehmann(d)
		if !slices.Equal(d, before) {
			t.Fatalf("HodgesLehmann(%v) left %v", before, d)
		}
		check := func(what string, changed, want float64) {
			t.Helper()
			if !near(changed, want) {
				t.Fatalf("HodgesLehmann of %v %s = %g, want %g", d, what, changed, want)
			}
		}
		check("shuffled", stats.HodgesLehmann(shuffled(r, d)), got)
		check("plus 3", stats.HodgesLehmann(plus(d, 3)), got+3)
		check("times 10", stats.HodgesLehmann(times(d, 10)), got*10)
		check("negated", stats.HodgesLehmann(times(d, -1)), -got)
	}
}

// 200,000 values have 2·10¹⁰ averages, which would take 160 GB. The result is checked by counting, row by row, the
// averages below it and the averages not above it.
func TestHodgesLehmannOfManyValues(t *testing.T) {
	const n = 200_000
	d := draw(seeded(3), n, noises["double exponential"])

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := stats.HodgesLehmann(d)
	runtime.ReadMemStats(&after)
	if bytes := after.TotalAlloc - before.TotalAlloc; bytes > 100*n {
		t.Errorf("HodgesLehmann of %d values allocates %d bytes, want at most 100 a value", n, bytes)
	}

	slices.Sort(d)
	var below, upTo int64
	for i, a := range d {
		row := d[i:]
		below += int64(sort.Search(len(row), func(j int) bool { return a/2+row[j]/2 >= got }))
		upTo += int64(sort.Search(len(row), func(j int) bool { return a/2+row[j]/2 > got }))
	}
	const half int64 = n * (n + 1) / 4 // half of the averages; their number is even, so got is the mean of the middle two
	if below > half || upTo < half {
		t.Errorf("HodgesLehmann = %g with %d averages below and %d up to it, want %d between", got, below, upTo, half)
	}
}

func FuzzHodgesLehmann(f *testing.F) {
	add := func(d ...float64) {
		var b []byte
		for _, v := range d {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		f.Add(b)
	}
	add(1, 2, 3)
	add(0, math.Copysign(0, -1), 5e-324, -5e-324, 1.5e-323)
	add(math.MaxFloat64, -math.MaxFloat64, 1)
	add(math.NaN())
	add(depression...)
	f.Fuzz(func(t *testing.T, b []byte) {
		var d []float64
		finite := true
		for ; len(b) >= 8 && len(d) < 64; b = b[8:] {
			v := math.Float64frombits(binary.LittleEndian.Uint64(b))
			finite = finite && !math.IsNaN(v) && !math.IsInf(v, 0)
			d = append(d, v)
		}
		got := stats.HodgesLehmann(d)
		if len(d) == 0 || !finite {
			if !math.IsNaN(got) {
				t.Errorf("HodgesLehmann(%v) = %g, want NaN", d, got)
			}
			return
		}
		if want := stats.Median(allWalshAverages(d)); got != want {
			t.Errorf("HodgesLehmann(%v) = %g, want %g", d, got, want)
		}
	})
}

func BenchmarkHodgesLehmann(b *testing.B) {
	d := draw(seeded(4), 200_000, noises["normal"])
	for b.Loop() {
		stats.HodgesLehmann(d)
	}
}
