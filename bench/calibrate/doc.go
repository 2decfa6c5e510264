// Package calibrate verifies the harness. It compares the results of the engines, the statistics and the check with
// independent references, and writes a certificate.
//
// The references are a server that records what it did (truthServer), theory (a queue with one server, a server that
// stalls), programs that are identical or differ by a known amount, and generators that are faulty on purpose, each of
// which must be detected. The package does not benchmark workloads (package run does) and does not compare them
// (package sequential does).
package calibrate
