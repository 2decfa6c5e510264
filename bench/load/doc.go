// Package load holds the engines: what offers load to a target and stamps what comes back. They record observations and
// compute nothing; what follows from the observations is for package analysis.
package load
