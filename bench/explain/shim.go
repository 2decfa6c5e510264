package explain

import (
	"fmt"
	"path/filepath"

	"forktax/bench/units"
)

// shimPart adds the version manager's shell script that finds the interpreter, with all programs that it executes.
func (s *profile) shimPart() {
	if s.shim.Path == "" {
		return
	}
	through, started := s.shimmed.cost()
	direct, alone := s.bare.cost()
	known := started && alone && through > direct
	f := Part{Kind: KindShim, Name: s.shim.Path, Detail: s.shim.Tool + "'s shell script",
		Advice: "use the interpreter's full path"}
	s.add(f.withCostIf(through-direct, known, ByStarts))

	text := fmt.Sprintf("%s is %s's shell script %s", filepath.Base(s.shim.Path), s.shim.Tool, s.shim.Path)
	advice := "use " + s.shim.Real
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

// isInterpreter reports whether the command line begins with an interpreter.
func (s *profile) isInterpreter() bool { return languageOf(s.command.Path) != nil }

// isShim reports whether the image ran before the interpreter, if a shim finds the interpreter. The program cannot
// start anything before its interpreter runs.
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
