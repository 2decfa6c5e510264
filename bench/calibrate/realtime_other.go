//go:build !linux

package calibrate

// useRealTime does nothing: there is no way to ask for it here.
func useRealTime() {}
