package stats

import "math"

// NormalCDF returns the probability that a standard normal variable is at most z: Φ(z). It goes by the complementary
// error function, which keeps its digits in the lower tail, where 1 − erf would lose them; for an upper tail ask for
// NormalCDF(−z).
func NormalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// NormalQuantile returns the z for which NormalCDF(z) is p: −Inf for 0, +Inf for 1, NaN outside. It is good to 9
// digits for p from 10⁻⁶ to 1 − 10⁻⁶; math.Erfcinv goes by 1 − 2p, so that below 10⁻¹⁶ it is −Inf.
func NormalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }
