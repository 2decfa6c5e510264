package stats

import "math"

// NormalCDF returns Φ(z), the probability that a standard normal variable is at most z. It uses the complementary
// error function, which keeps its digits in the lower tail, where 1 − erf would lose them. For an upper tail use
// NormalCDF(−z).
func NormalCDF(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// NormalQuantile returns the z for which NormalCDF(z) is p: −Inf for 0, +Inf for 1, and NaN if p is not between 0 and
// 1. It is accurate to 9 digits for p from 10⁻⁶ to 1 − 10⁻⁶. Below 10⁻¹⁶ it is −Inf, because math.Erfcinv computes 1 −
// 2p.
func NormalQuantile(p float64) float64 { return -math.Sqrt2 * math.Erfcinv(2*p) }
