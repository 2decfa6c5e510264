//go:build !linux

package load

// Default is the engine of a plan that names none.
const Default = "hey"

// own are the engines that this system can have besides hey.
func own() map[string]Engine { return nil }
