package stats

import (
	"math"
	"math/rand/v2"
)

// flipStream is the second half of the generator's seed; see bootstrapStream.
const flipStream = 0x7369676e666c6970 // "signflip"

// SignFlip returns the one-sided p of the signed-rank test. It draws signs at random instead of using the distribution
// of the statistic. SignedRankP is checked against it where that distribution is approximated. No command uses
// SignFlip.
//
// It tests the same hypothesis as SignedRankP, treats ties and zeros in the same way, and is exact for any n. For two
// identical programs without a shift, each sign is a fair coin, whatever the noise is.
//
// Of the assignments of signs that were drawn, b have a W⁺ at least as large as that of d. Then p = (1+b)/(1+flips).
// The data themselves are one more assignment, so p is never 0, and at most α with probability at most α (Phipson and
// Smyth 2010, Permutation P-values should never be zero). If the 2ᵐ assignments of the m remaining differences are at
// most flips, all are enumerated, and p = b/2ᵐ is that of SignedRankP.
//
// It takes O(n·flips) time. The smallest possible p is 1/(1+flips). The same seed gives the same p, in whatever order
// d is. Without any difference the result is 1; it is NaN if shift or a value is not finite.
func SignFlip(d []float64, shift float64, flips int, seed uint64) float64 {
	if !finite(d) || !finite([]float64{shift}) {
		return math.NaN()
	}
	s := rank(d, shift)
	if m := len(s.ranks); m <= exactUpTo && int64(1)<<m <= int64(flips) {
		return s.exactTail()
	}
	flips = max(flips, 0)
	coins := rand.NewPCG(seed, flipStream)
	b := 0
	for range flips {
		if s.flipped(coins) >= s.positive {
			b++
		}
	}
	return float64(1+b) / float64(1+flips)
}

// flipped returns W⁺ for random signs. It draws 64 coins at a time, without unpredictable branches.
func (s signedRanks) flipped(coins *rand.PCG) int64 {
	var positive int64
	var bits uint64
	for i, r := range s.ranks {
		if i%64 == 0 {
			bits = coins.Uint64()
		}
		positive += r & -int64(bits&1)
		bits >>= 1
	}
	return positive
}
