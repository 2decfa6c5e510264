// Package stats holds the numbers that stand behind a comparison: exact percentiles of what was observed, and for the
// pairs of a baseline and a candidate an estimate, an interval, a test, and the smallest change that would have been
// found.
//
// It takes a stand. The unit is the pair of blocks, never the request: requests of one block share its noise, and to
// count them as independent makes any difference significant. The noise of a shared machine is neither normal nor of
// steady size, so no interval and no test rests on a mean and a t distribution. For two identical programs, with the
// two sides of each pair in random order, the sign of a log ratio is a fair coin whatever the noise does; hence the
// signed-rank statistic (SignedRank, SignedRankP), with the Hodges–Lehmann estimate that belongs to it.
// What the data cannot carry is false, NaN or +Inf, never a guess.
//
// That coin is fair for each pair by itself only if nothing ties pairs together. A start of the targets does, and
// Clustered sees to it; a p from the pairs alone knows nothing of it, while one from an estimate for each start does.
//
// The package is pure numbers: it knows neither cells nor verdicts, measures nothing, formats nothing, and is no
// general library of statistics. Functions never change or keep a slice that they are given, and use no randomness
// but that of a seed. Package run makes the observations, and package analysis, which decides what to compare and
// at which level, calls what is here. docs/methodology.md tells users the same in their words.
package stats
