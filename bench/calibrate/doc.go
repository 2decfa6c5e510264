// Package calibrate proves that the harness tells the truth: it compares what the engines, the statistics and the check
// say against what is known by other means, and writes a certificate of it.
//
// What is known comes from a server that records what it really did (truthServer), from theory (a queue with one
// server, a server that stands still), from programs that are identical or differ by a known amount, and from
// generators that are wrong on purpose, each of which must be found out. It measures no workload for its own sake
// (package run does), and decides nothing about one (package sequential does).
package calibrate
