// Package stats computes the statistics of a comparison: exact percentiles of observations, and for pairs of a baseline
// and a candidate an estimate, a confidence interval, a test, and the smallest change that would have been found.
//
// The unit is the pair of blocks, never the request: requests of one block share its noise, and counting them as
// independent makes any difference significant. The noise of a shared machine is neither normal nor of constant
// variance, so no interval and no test is based on a mean and a t distribution. For two identical programs, with the
// two sides of each pair in random order, the sign of a log ratio is a fair coin, whatever the noise is. So the
// package uses the signed-rank statistic (SignedRank, SignedRankP), with the Hodges–Lehmann estimate that belongs to
// it. Results that the data do not support are false, NaN or +Inf.
//
// The coins of different pairs are independent only if the pairs have nothing in common. Pairs of the same start of the
// targets have the start in common, which Clustered takes into account. A p from the pairs does not; a p from one
// estimate per start does.
//
// The package only computes: it has no notion of cells or verdicts, does not measure or format, and is not a general
// statistics library. Functions never modify or keep their slices, and use randomness only from a seed. Package run
// makes the observations. Package analysis decides what to compare at which level, and calls this package.
// docs/methodology.md explains the methods to users.
package stats
