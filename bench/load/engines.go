package load

import (
	"maps"
	"slices"
)

// Engines returns the engines by the name that plans call them. Each caller gets its own: an engine is used by one
// goroutine at a time.
func Engines() map[string]Engine {
	engines := map[string]Engine{"hey": Hey{}}
	maps.Copy(engines, systemEngines())
	return engines
}

// Names lists the engines.
func Names() []string { return slices.Sorted(maps.Keys(Engines())) }
