package explain

import (
	"context"
	"fmt"
	"math"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// defaultStarts is the default number of measured starts of a program that is not slow.
const defaultStarts = 50

// DefaultBudget is the default time for which each switch is tried.
const DefaultBudget = 5 * time.Second

// An Explainer describes the program to explain, and how thoroughly to do it.
type Explainer struct {
	Command  Command
	Request  subject.Asked // the same as in the command's environment
	Varies   bool          // compare only the status of responses
	Starts   int           // measured starts; 0 means 50, or as many as fit in 5 s, but at least 6
	Try      bool          // try the switches that can be set from outside
	Budget   time.Duration // time for each switch
	Seed     uint64        // seed of the order of trials
	Progress func(string)  // called with the current step; may be nil
}

// Explain starts the program repeatedly and returns a breakdown of its start. It fails if the program cannot be started
// or its first response is wrong.
func (p Explainer) Explain(ctx context.Context) (*Explanation, error) {
	within := time.Duration(math.MaxInt64)
	if p.Starts == 0 {
		p.Starts, within = defaultStarts, repeatFor
	}
	if p.Progress == nil {
		p.Progress = func(string) {}
	}
	masks, err := subject.NewMasks(p.Request.Want.Masks)
	if err != nil {
		return nil, err
	}
	s := profile{command: p.Command, asked: p.Request, masks: masks, varies: p.Varies}
	if err := s.identify(ctx); err != nil {
		return nil, err
	}
	p.Progress(fmt.Sprintf("measuring the starts of %s, and their parts", p.Command.Path))
	if err := s.measure(ctx, p.Starts, within); err != nil {
		return nil, err
	}
	if err := s.findParts(ctx); err != nil {
		return nil, err
	}
	failure := s.noteFailures()
	e := s.explanation(p.Request.Request)
	e.Failure = failure
	if p.Try {
		e.Trials, err = s.runTrials(ctx, p.Budget, p.Seed, p.Progress)
		e.Untried, e.Seed = s.untried(), p.Seed
	}
	return e, err
}

func (s *profile) explanation(r contract.Request) *Explanation {
	ns := func(number func(Start) time.Duration) int64 { return int64(medianOf(s.starts, number)) }
	return &Explanation{
		Schema:        Schema,
		Program:       s.command.words(),
		Language:      s.languageName(),
		Executed:      s.executed,
		Method:        r.Method,
		Path:          r.Path,
		Status:        s.response.Status,
		ContentType:   s.response.ContentType,
		ResponseBytes: len(s.response.Body),
		FirstLine:     subject.FirstLine(s.response.Body),
		SHA256:        subject.Hash(s.masks.Apply(s.response.Body)),
		Starts:        len(s.starts),
		Exec:          ns(func(s Start) time.Duration { return s.Exec }),
		FirstByte:     ns(func(s Start) time.Duration { return s.FirstByte }),
		Ended:         ns(func(s Start) time.Duration { return s.Ended }),
		Held:          ns(func(s Start) time.Duration { return s.Held }),
		CPU:           ns(func(s Start) time.Duration { return s.CPU }),
		SystemShare:   s.systemShare(),
		MinorFaults:   medianOf(s.starts, func(s Start) int64 { return s.MinorFaults }),
		MajorFaults:   medianOf(s.starts, func(s Start) int64 { return s.MajorFaults }),
		Traced:        s.images != nil,
		Parts:         s.parts,
		Imports:       s.imports,
		Notes:         s.notes,
	}
}
