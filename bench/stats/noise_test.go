package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// seeded returns a generator for one test. The second half of its seed gives each test different numbers.
func seeded(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(1945, stream)) }

// noises holds distributions that are symmetric about 0, which is all that the signed-rank test requires of log
// ratios.
var noises = map[string]func(*rand.Rand) float64{
	"normal":             (*rand.Rand).NormFloat64,
	"double exponential": func(r *rand.Rand) float64 { return r.ExpFloat64() - r.ExpFloat64() },
	"Cauchy":             func(r *rand.Rand) float64 { return math.Tan(math.Pi * (r.Float64() - 0.5)) },
}

func draw(r *rand.Rand, n int, noise func(*rand.Rand) float64) []float64 {
	d := make([]float64, n)
	for i := range d {
		d[i] = noise(r)
	}
	return d
}

// rounded returns noise with many ties and zeros.
func rounded(r *rand.Rand) float64 { return math.Round(2 * r.NormFloat64()) }

// allWalshAverages returns the n(n+1)/2 Walsh averages by their definition, sorted.
func allWalshAverages(d []float64) []float64 {
	var all []float64
	for i, a := range d {
		for _, b := range d[i:] {
			all = append(all, a/2+b/2)
		}
	}
	slices.Sort(all)
	return all
}

// near reports whether two numbers agree to a relative 1e-9, or an absolute 1e-9 below 1.
func near(got, want float64) bool {
	return math.Abs(got-want) <= 1e-9*math.Max(1, math.Abs(want))
}

// share fails the test unless found/trials is within four standard errors of want. A correct share is outside once in
// 16,000 times. The seeds are fixed, so the test passes always or never.
func share(t *testing.T, what string, found, trials int, want float64) {
	t.Helper()
	got, margin := float64(found)/float64(trials), 4*math.Sqrt(want*(1-want)/float64(trials))
	if math.Abs(got-want) > margin {
		t.Errorf("%s: share %.4f, want %.4f ± %.4f", what, got, want, margin)
	}
}

func plus(d []float64, shift float64) []float64 {
	out := make([]float64, len(d))
	for i, v := range d {
		out[i] = v + shift
	}
	return out
}

func times(d []float64, factor float64) []float64 {
	out := make([]float64, len(d))
	for i, v := range d {
		out[i] = v * factor
	}
	return out
}

func shuffled(r *rand.Rand, d []float64) []float64 {
	out := slices.Clone(d)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}
