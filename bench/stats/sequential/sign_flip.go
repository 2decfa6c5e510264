package sequential

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"forktax/bench/stats"
)

// The default of Rule.Draws is the larger of defaultDraws and fewestInLevel/level.
const (
	defaultDraws = 1 << 15
	// fewestInLevel is the smallest expected number of draws within the level. The first look has half of the level;
	// without a draw in that half, it could find nothing.
	fewestInLevel = 4
)

func (r Rule) draws(level float64) int {
	return cmp.Or(r.Draws, max(defaultDraws, int(fewestInLevel/level)))
}

// drawStream is the second half of the generator's seed.
const drawStream = 0x67617465 // "gate"

// A flipTest tests where a series is centred, by flipping the signs of its starts.
//
// The statistic is the sum of the estimates of the starts, weighted by their number of pairs. It is compared with the
// sums of the same values with random signs. If the series is centred at the hypothesis, and the signs of its starts
// are fair coins, the error rate is at most the level, whatever the noise. Draws that were beyond the bound at one look
// take no part in the next, because the data would not either. Source: Jennison and Turnbull 2000, Group Sequential
// Methods, chapter 7 (error spending), with random draws instead of a normal distribution.
type flipTest struct {
	rule      Rule
	looks     []look
	starts    []int     // indices of the starts with a valid pair
	estimates []float64 // estimates of these starts
	weights   []float64 // weights of these starts
	machines  []int     // machines of these starts; nil if all are of the same
	margin    float64
	slack     float64
	passes    float64         // level of the test against MustCatch
	beyond    map[float64]int // first look at which it was above the margin, by level
	below     *int            // first look at which it was below MustCatch; nil: not yet computed
}

func (r Rule) test(s Series, looks []look) *flipTest {
	t := &flipTest{rule: r, looks: looks, margin: r.Margin, beyond: map[float64]int{}}
	for i, start := range s {
		if len(start) == 0 {
			continue
		}
		t.starts = append(t.starts, i)
		t.estimates = append(t.estimates, stats.HodgesLehmann(start))
		t.weights = append(t.weights, float64(len(start)))
	}
	return t
}

// regressed reports whether the series is above the margin at one of the looks up to k, at this level over all looks.
func (t *flipTest) regressed(k int, level float64) bool {
	first, known := t.beyond[level]
	if !known {
		first = t.crossing(t.above(math.Log1p(t.margin)+t.slack), level, func(l look) float64 { return l.alarm })
		t.beyond[level] = first
	}
	return first <= k
}

// bounded reports whether the series is below MustCatch at one of the looks up to k.
func (t *flipTest) bounded(k int) bool {
	if t.below == nil {
		values := t.above(math.Log1p(t.rule.MustCatch) - t.slack)
		for i := range values {
			values[i] = -values[i]
		}
		t.below = new(t.crossing(values, t.passes, func(l look) float64 { return l.passed }))
	}
	return *t.below <= k
}

// above returns the weighted distance of each start above a bound.
func (t *flipTest) above(bound float64) []float64 {
	values := make([]float64, len(t.estimates))
	weights := t.weightsAt(bound)
	for i, e := range t.estimates {
		values[i] = weights[i] * (e - bound)
	}
	return values
}

// rounding is the relative difference that equal sums may have because they are added up in different orders.
const rounding = 1e-12

// crossing returns the first look at which the sum of the values is significantly large; the number of looks if there
// is none. The data are one path, and each draw is another; the level is the share of all paths that may cross.
func (t *flipTest) crossing(values []float64, level float64, spent func(look) float64) int {
	sums := t.sums(values)
	if len(sums) == 0 || slices.Max(sums) <= 0 { // no need to draw
		return len(t.looks)
	}
	draws := t.rule.draws(level)
	coins := rand.NewPCG(t.rule.Seed, drawStream)
	alive := make([]float64, draws) // the sums of the draws that have not crossed
	begin, crossed := 0, 0
	for k, look := range t.looks {
		end, _ := slices.BinarySearch(t.starts, look.at)
		sum := sums[k]
		larger := 0
		for i := range alive {
			alive[i] += flipped(values[begin:end], coins)
			if alive[i] >= sum*(1-rounding) {
				larger++
			}
		}
		begin = end
		allowed := int(spent(look)*level*float64(draws+1)) - crossed
		if sum > 0 && larger < allowed {
			return k
		}
		left := uncrossed(alive, sum, allowed)
		crossed += len(alive) - len(left)
		alive = left
	}
	return len(t.looks)
}

// sums returns the sum of the values at each look.
func (t *flipTest) sums(values []float64) []float64 {
	var sums []float64
	for _, look := range t.looks {
		end, _ := slices.BinarySearch(t.starts, look.at)
		var sum float64
		for _, v := range values[:end] {
			sum += v
		}
		sums = append(sums, sum)
	}
	return sums
}

// uncrossed removes the largest sums, at most the allowed number. It keeps sums that equal one that stays, or that do
// not exceed the sum of the data.
func uncrossed(sums []float64, data float64, allowed int) []float64 {
	if allowed <= 0 {
		return sums
	}
	slices.Sort(sums)
	end := max(len(sums)-allowed, 1)
	for end < len(sums) && (sums[end] <= sums[end-1]+rounding*math.Abs(sums[end]) || sums[end] <= data*(1+rounding)) {
		end++
	}
	return sums[:end]
}

// flipped returns the sum of the values with random signs.
func flipped(values []float64, coins *rand.PCG) (sum float64) {
	var bits uint64
	for i, v := range values {
		if i%64 == 0 {
			bits = coins.Uint64()
		}
		sum += math.Float64frombits(math.Float64bits(v) ^ bits<<63)
		bits >>= 1
	}
	return sum
}

// result returns the weighted mean of the first starts, its standard error, and p for a single look.
func (t *flipTest) result(starts int) GateResult {
	n, _ := slices.BinarySearch(t.starts, starts)
	found := GateResult{Estimate: math.NaN(), Error: math.NaN(), P: 1}
	if n == 0 {
		return found
	}
	weights := t.weightsAt(stats.Median(slices.Clone(t.estimates[:n])))
	var weight, sum, squares float64
	for i, e := range t.estimates[:n] {
		weight += weights[i]
		sum += weights[i] * e
	}
	found.Estimate = sum / weight
	for i, e := range t.estimates[:n] {
		off := weights[i] * (e - found.Estimate)
		squares += off * off
	}
	if n > 1 {
		found.Error = math.Sqrt(squares*float64(n)/float64(n-1)) / weight
	}
	found.P = t.rule.p(t.above(math.Log1p(t.margin) + t.slack)[:n])
	return found
}

// p returns the share of random signs with which the sum of the values is at least as large.
func (r Rule) p(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	coins := rand.NewPCG(r.Seed, drawStream)
	larger, draws := 0, r.draws(1)
	for range draws {
		if flipped(values, coins) >= sum*(1-rounding) {
			larger++
		}
	}
	return float64(1+larger) / float64(1+draws)
}
