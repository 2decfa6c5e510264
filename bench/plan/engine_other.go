//go:build !linux

package plan

// DefaultEngine is the engine of a plan that names none.
const DefaultEngine = "hey"

// DefaultAlternates is whether that engine can alternate between visits.
const DefaultAlternates = false
