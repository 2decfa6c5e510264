package gate

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"forktax/bench/stats"
)

// defaultDraws is what Rule.Draws means if it is 0.
const defaultDraws = 1 << 15

// drawStream is the second half of the generator's seed.
const drawStream = 0x67617465 // "gate"

func (r Rule) draws() int { return cmp.Or(r.Draws, defaultDraws) }

// A test tells where a series is centred, by giving its starts other signs.
//
// It knows the estimate of each start, and weighs it by its number of pairs, so that the sum is that over all pairs if
// starts do not differ. What the sum is compared with are the same numbers with signs drawn anew. If the series is
// centred where the test supposes it, and the signs of its starts are fair coins, it is wrong no more often than its
// level allows, whatever the noise is. The draws that were beyond the bound at one look take no part in the next, as the
// data would not. Source: Jennison and Turnbull 2000, Group Sequential Methods, chapter 7 (error spending), by draws in
// the place of a normal distribution.
type test struct {
	rule      Rule
	looks     []moment
	starts    []int // those of which something is valid, as looks count them
	estimates []float64
	weights   []float64
	slack     float64
	beyond    map[float64]int // the first look at which it was above the margin, by the level
	below     *int            // and at which it was below what must be caught
}

func (r Rule) test(s Series, looks []moment) *test {
	t := &test{rule: r, looks: looks, beyond: map[float64]int{}}
	for i, group := range s {
		if len(group) == 0 {
			continue
		}
		t.starts = append(t.starts, i)
		t.estimates = append(t.estimates, stats.HodgesLehmann(group))
		t.weights = append(t.weights, float64(len(group)))
	}
	return t
}

// regressed says whether it is above the margin at one of the looks up to k, at this level over all looks.
func (t *test) regressed(k int, level float64) bool {
	first, known := t.beyond[level]
	if !known {
		first = t.crossing(t.above(math.Log1p(t.rule.Margin)+t.slack), level)
		t.beyond[level] = first
	}
	return first <= k
}

// bounded says whether it is below what must be caught at one of the looks up to k.
func (t *test) bounded(k int) bool {
	if t.below == nil {
		values := t.above(math.Log1p(t.rule.MustCatch) - t.slack)
		for i := range values {
			values[i] = -values[i]
		}
		t.below = new(t.crossing(values, t.rule.Alpha))
	}
	return *t.below <= k
}

// above is how much each start is above a bound, weighted.
func (t *test) above(bound float64) []float64 {
	values := make([]float64, len(t.estimates))
	for i, e := range t.estimates {
		values[i] = t.weights[i] * (e - bound)
	}
	return values
}

// crossing is the first look at which the sum of the values is larger than chance makes it; the number of looks if it
// never is.
func (t *test) crossing(values []float64, level float64) int {
	coins := rand.NewPCG(t.rule.Seed, drawStream)
	alive := make([]float64, t.rule.draws()) // the sums that are left
	var sum float64
	begin, crossed := 0, 0
	for k, look := range t.looks {
		end, _ := slices.BinarySearch(t.starts, look.at)
		for _, v := range values[begin:end] {
			sum += v
		}
		larger := 0
		for i := range alive {
			alive[i] += flipped(values[begin:end], coins)
			if alive[i] >= sum {
				larger++
			}
		}
		begin = end
		allowed := int(look.spent*level*float64(t.rule.draws()+1)) - 1 - crossed // the data are one draw more …
		if sum > 0 && larger <= allowed {
			return k
		}
		if allowed > 0 {
			left := uncrossed(alive, allowed)
			crossed += len(alive) - len(left) + 1 // … at each look
			alive = left
		}
	}
	return len(t.looks)
}

// uncrossed takes the largest of the sums away, as many as are allowed, but none that is as large as one that stays.
func uncrossed(sums []float64, allowed int) []float64 {
	slices.Sort(sums)
	end := max(len(sums)-allowed, 1)
	for end < len(sums) && sums[end] == sums[end-1] {
		end++
	}
	return sums[:end]
}

// flipped is the sum of the values with signs drawn afresh.
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

// finding estimates the first so many starts: their weighted mean, its standard error, and p, of one look.
func (t *test) finding(starts int) Finding {
	n, _ := slices.BinarySearch(t.starts, starts)
	found := Finding{Estimate: math.NaN(), Error: math.NaN(), P: 1}
	if n == 0 {
		return found
	}
	var weight, sum, squares float64
	for i, e := range t.estimates[:n] {
		weight += t.weights[i]
		sum += t.weights[i] * e
	}
	found.Estimate = sum / weight
	for i, e := range t.estimates[:n] {
		off := t.weights[i] * (e - found.Estimate)
		squares += off * off
	}
	if n > 1 {
		found.Error = math.Sqrt(squares*float64(n)/float64(n-1)) / weight
	}
	found.P = t.rule.p(t.above(math.Log1p(t.rule.Margin) + t.slack)[:n])
	return found
}

// p is how often signs drawn afresh make the sum of the values as large as it is.
func (r Rule) p(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	coins := rand.NewPCG(r.Seed, drawStream)
	larger := 0
	for range r.draws() {
		if flipped(values, coins) >= sum {
			larger++
		}
	}
	return float64(1+larger) / float64(1+r.draws())
}
