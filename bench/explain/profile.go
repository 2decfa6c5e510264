package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/bench/units"
)

// A profile is a program under explanation, with the results so far.
type profile struct {
	command  Command
	asked    subject.Asked
	masks    subject.Masks
	response Response
	varies   bool // its responses differ from start to start
	counted  record.FailureCount
	failed   []string // log lines of starts with a wrong response
	starts   []Start  // measured starts, without their output
	images   []*image // nil if it could not be traced
	executed string   // the program that responds
	file     subject.Executable
	language *language
	shim     subject.Shim // shim that finds its interpreter; the zero value if there is none
	argv     interpreted  // its command line with the interpreter, if it is interpreted
	readable bool         // argv is known

	references []*reference          // other programs, started in turn with the program
	bare       *reference            // its interpreter, one of references; nil if it has none
	shimmed    *reference            // its interpreter through the shim, one of references; nil if it has none
	loaders    map[string]*reference // other programs by path, which are in references, too

	partStarts int
	parts      []Part
	imports    []Import
	notes      []Note
}

// maxPartStarts is the largest number of starts for measuring one part. A program's own statistics vary less than the
// clock's times, so fewer starts are enough.
const maxPartStarts = 20

// identify starts the program once as it is and once traced, and finds its interpreter, language and references.
func (s *profile) identify(ctx context.Context) error {
	first, err := s.command.Run(ctx)
	if err != nil {
		return err
	}
	if s.response, err = s.respond(first); err != nil {
		s.recount(ctx)
		return fmt.Errorf("%s: %w\n%s", s.command.Path, err, &s.counted)
	}
	s.response.masks = s.masks
	if s.masks.HideAll(s.response.Body) && !s.varies {
		s.note("the body is not compared: --mask covers all of it",
			"use an expression that matches only what differs between responses")
	}
	if !first.State.Success() {
		s.note(fmt.Sprintf("the program responds and then fails: %s%s", first.State, first.logTail()),
			"let it exit with status 0: a server may log this as an error")
	}
	if first.Held > 0 {
		s.noteLeftover(first)
	}
	t, err := s.command.trace(ctx)
	var refused *NoTracerError
	const unknown = "the files, libraries, processes and connections that it uses are not known: "
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &refused):
		s.note(unknown+refused.Why, refused.Advice)
	case err != nil:
		s.note(unknown+err.Error(), "run it under strace to see what is wrong")
	}
	s.images = t.images
	s.argv, s.readable = s.command.interpreted()
	s.executed = s.command.Path
	if s.readable {
		s.executed = s.argv.words[s.argv.at]
		if path, err := s.command.lookPath(s.executed); err == nil {
			s.executed = path
		}
		var found bool
		if s.shim, found = subject.FindShim(ctx, s.command.Path, s.command.lookPath); found {
			s.executed = s.shim.Real
		}
	}
	if own := s.mainImage(); own != nil && (own.path != s.command.Path || !s.readable) {
		s.executed = own.path
	}
	s.file, _ = subject.Inspect(s.executed) // the zero value if it cannot be read
	if len(s.file.Shebang) > 0 {
		s.executed = s.file.Shebang[0]
		s.file, _ = subject.Inspect(s.executed)
	}
	s.language = languageOf(s.executed)
	s.planReferences()
	return nil
}

// noteLeftover adds a note on the processes that a start left running and that kept its output open.
func (s *profile) noteLeftover(start Start) {
	text := "processes that it left running"
	if len(start.Holders) > 0 {
		text += " (" + strings.Join(start.Holders, ", ") + ")"
	}
	text += " kept its output open after its end, for " + units.Duration(float64(start.Held))
	if start.Killed {
		text += ", until they were killed"
	}
	s.note(text, "redirect their output, for example with >/dev/null 2>&1: a server may wait until it is closed")
}

func (s *profile) note(text, advice string) { s.notes = append(s.notes, Note{text, advice}) }

// mainImage returns the image that responds: the last that the started process executed before the first byte.
func (s *profile) mainImage() *image {
	for _, i := range slices.Backward(s.images) {
		if i.root && !i.late {
			return i
		}
	}
	return nil
}

// measure starts the program the given number of times, and its references in turn with it. Starts with a wrong
// response are counted but not measured.
func (s *profile) measure(ctx context.Context, starts int, within time.Duration) error {
	s.partStarts = min(starts, maxPartStarts)
	var wrong error // the last
	err := repeat(ctx, starts, within, func() error {
		start, err := s.command.Run(ctx)
		if err != nil {
			return err
		}
		a, err := s.respond(start)
		if err != nil {
			wrong = err
			return nil
		}
		s.varies = s.varies || !a.equal(s.response)
		start.Output, start.Log = nil, nil
		s.starts = append(s.starts, start)
		for _, c := range s.references {
			if err := c.run(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && len(s.starts) == 0 {
		err = fmt.Errorf("%s: %w\n%s", s.command.Path, wrong, &s.counted)
	}
	return err
}

func (s *profile) languageName() string {
	switch {
	case s.language != nil:
		return s.language.name
	case s.file.IsGo:
		return "Go"
	}
	return ""
}

func (s *profile) ended() time.Duration {
	return medianOf(s.starts, func(s Start) time.Duration { return s.Ended })
}

// systemShare returns the kernel's share of the CPU time of all starts. The kernel measures the sum exactly, but
// divides it into user and system time by sampling every few milliseconds. A single short start may be counted as all
// user or all system time.
func (s *profile) systemShare() float64 {
	var system, all time.Duration
	for _, start := range s.starts {
		system += start.System
		all += start.CPU
	}
	if all == 0 {
		return 0
	}
	return float64(system) / float64(all)
}

func (s *profile) add(f ...Part) { s.parts = append(s.parts, f...) }
