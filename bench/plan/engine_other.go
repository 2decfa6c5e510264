//go:build !linux

package plan

// DefaultEngine is the load engine used unless --engine is given.
const DefaultEngine = "hey"

// DefaultAlternates reports whether DefaultEngine can alternate between visits.
const DefaultAlternates = false
