//go:build !linux

package load

import "forktax/bench/plan"

// Default is the engine of a plan that names none.
const Default = plan.DefaultEngine

// systemEngines returns the engines, besides hey, that this system supports.
func systemEngines() map[string]Engine { return nil }
