//go:build !linux

package calibrate

// urgent does nothing: there is no way to ask for it here.
func urgent() {}
