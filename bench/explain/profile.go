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

// A profile is of a program under explanation, with what has been learnt of it.
type profile struct {
	command  Command
	asked    subject.Asked
	masks    subject.Masks
	response Response
	varies   bool // its answers differ from start to start
	counted  record.FailureCount
	failed   []string // what it logged when its response was wrong
	starts   []Start  // without what they printed
	images   []*image // nil if it could not be traced
	executed string   // the program that answers
	file     subject.Executable
	language *language
	shim     subject.Shim // through which it finds its interpreter; the zero value if through none
	argv     interpreted  // spelt out, if it is interpreted
	readable bool         // argv is known

	references []*reference          // what is started in turn with the program
	bare       *reference            // of those, its interpreter; nil if it has none
	shimmed    *reference            // of those, the same through its shim; nil if it has none
	loaders    map[string]*reference // of those, other programs, by their paths

	partStarts int
	parts      []Part
	imports    []Import
	notes      []Note
}

// maxPartStarts is how often it is started to know a part, at the most: what a program says of itself varies less than
// what a clock says of it.
const maxPartStarts = 20

// identify starts the program, once as it is and once traced, and finds out what it is.
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
		s.note("nothing of the body is compared: --mask leaves nothing of it",
			"give an expression of only what differs from response to response")
	}
	if !first.State.Success() {
		s.note(fmt.Sprintf("it answers and then fails: %s%s", first.State, first.logTail()),
			"a server may log that as an error")
	}
	if first.Held > 0 {
		s.noteLeftover(first)
	}
	t, err := s.command.trace(ctx)
	var refused *NoTracerError
	const unknown = "which files, libraries, processes and connections it needs is not known: "
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &refused):
		s.note(unknown+refused.Why, refused.Advice)
	case err != nil:
		s.note(unknown+err.Error(), "start it by strace yourself, to see what is wrong")
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
		if s.shim, found = subject.FindShim(s.command.Path, s.command.lookPath); found {
			s.executed = s.shim.Real
		}
	}
	if own := s.mainImage(); own != nil && (own.path != s.command.Path || !s.readable) {
		s.executed = own.path
	}
	s.file, _ = subject.Inspect(s.executed) // of what cannot be read, nothing is known
	if len(s.file.Shebang) > 0 {
		s.executed = s.file.Shebang[0]
		s.file, _ = subject.Inspect(s.executed)
	}
	s.language = languageOf(s.executed)
	s.planReferences()
	return nil
}

// noteLeftover says what a start left behind that kept its output open.
func (s *profile) noteLeftover(start Start) {
	what := "what it leaves behind"
	if len(start.Holders) > 0 {
		what += " (" + strings.Join(start.Holders, ", ") + ")"
	}
	text := what + " keeps its output open after its end, for " + units.Duration(float64(start.Held))
	if start.Held >= silence {
		text += " until it was killed"
	}
	s.note(text, "a server may wait for the end of that: give what goes on other outputs, as by >/dev/null 2>&1")
}

func (s *profile) note(text, advice string) { s.notes = append(s.notes, Note{text, advice}) }

// mainImage is the image that answers: the last that was put in place before the first byte, in the process that was
// started.
func (s *profile) mainImage() *image {
	for _, i := range slices.Backward(s.images) {
		if i.root && !i.late {
			return i
		}
	}
	return nil
}

// measure starts the program so many times, and in turn with it what it needs. Starts whose response is wrong are
// counted, and not measured.
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

// systemShare is the kernel's share of all processor time. The kernel knows the time exactly, but divides it by what it
// finds running when its clock ticks, every few milliseconds: one short start may be all the one or all the other.
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
