package explain

import (
	"fmt"
	"path/filepath"

	"forktax/bench/units"
)

// shimPart is the shell script that finds the interpreter, with all that it executes until then.
func (s *profile) shimPart() {
	if s.shim.Path == "" {
		return
	}
	through, started := s.shimmed.cost()
	direct, alone := s.bare.cost()
	known := started && alone && through > direct
	f := Part{Kind: KindShim, Name: s.shim.Path, Detail: s.shim.Tool + "'s shell script",
		Advice: "name the interpreter by its path"}
	s.add(f.withCostIf(through-direct, known, ByStarts))

	text := fmt.Sprintf("%s is %s's shell script %s", filepath.Base(s.shim.Path), s.shim.Tool, s.shim.Path)
	advice := "name " + s.shim.Real
	if !s.isInterpreter() {
		text = fmt.Sprintf("line 1 goes through %s's shell script %s", s.shim.Tool, s.shim.Path)
		advice = "write #!" + s.shim.Real
	}
	if known {
		advice += fmt.Sprintf(": saves about %s of %s", units.Duration(float64(through-direct)),
			units.Duration(float64(s.ended())))
	}
	s.note(text, advice)
}

// isInterpreter reports whether the command names its interpreter itself.
func (s *profile) isInterpreter() bool { return languageOf(s.command.Path) != nil }

// isShim reports whether the image is of the way to the interpreter, if that goes through a shim: none of the program's
// own can be in place before its interpreter.
func (s *profile) isShim(i *image) bool {
	own := s.mainImage()
	if s.shim.Path == "" || own == nil {
		return false
	}
	for _, other := range s.images {
		if other == own || other == i {
			return other == i && i != own
		}
	}
	return false
}
