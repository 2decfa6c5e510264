package load

import (
	"maps"
	"slices"
)

// Engines returns the engines by name, as plans refer to them. Each call returns new engines, because an engine is used
// by one goroutine at a time.
func Engines() map[string]Engine {
	engines := map[string]Engine{"hey": Hey{}}
	maps.Copy(engines, systemEngines())
	return engines
}

// Names returns the names of the engines, sorted.
func Names() []string { return slices.Sorted(maps.Keys(Engines())) }
