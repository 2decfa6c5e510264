// Package merge makes one run of the parts that several machines have measured. The parts have all observations, so
// merging puts them together: nothing is averaged.
package merge
