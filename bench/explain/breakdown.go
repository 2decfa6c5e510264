package explain

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// findParts finds out what the start is made of, and what each part costs.
func (s *profile) findParts(ctx context.Context) error {
	for _, find := range []func(context.Context) error{s.interpreterParts, s.initParts, s.linkerParts} {
		if err := find(ctx); err != nil {
			return err
		}
	}
	for _, find := range []func(){
		s.shimPart, s.processParts, s.fileParts, s.connectionParts, s.kernelParts, s.scriptPart,
	} {
		find()
	}
	rank(s.parts)
	return nil
}

// noticeableShare is the share of the whole that waiting must have to be worth a line: to be woken takes time, too.
const noticeableShare = 0.1

// kernelParts are what its accounts tell: pages, and the time in which no processor worked for the program. Until it is
// in place some of the work is this process's, so waiting counts from there.
func (s *profile) kernelParts() {
	faults := medianOf(s.starts, func(s Start) int64 { return s.MinorFaults })
	cost, ok := faultCost()
	f := Part{Kind: KindFault, Name: plural(int(faults), "page fault"), Advice: "touch less memory"}
	if ok {
		f.Detail = fmt.Sprintf("%v each", cost.Round(10*time.Nanosecond))
	}
	s.add(f.withCostIf(time.Duration(faults)*cost, ok, ByEstimate))
	waited := medianOf(s.starts, func(s Start) time.Duration { return s.Ended - s.Exec - s.CPU })
	if float64(waited) > noticeableShare*float64(s.ended()) {
		f := Part{Kind: KindWait, Name: "waiting, with no processor at work"}
		if s.images == nil || s.meetsOthers() {
			f.Advice = "see its processes and connections"
		}
		s.add(f.withCost(waited, ByClock))
	}
}

// meetsOthers reports whether it has other processes, or connections. If not, it waits for a processor, or a disk.
func (s *profile) meetsOthers() bool {
	return slices.ContainsFunc(s.images, func(i *image) bool { return !i.root || i.forks > 0 || len(i.connections) > 0 })
}

// scriptPart is what a script takes beyond the starts of its interpreter and of other programs, and its imports.
func (s *profile) scriptPart() {
	if s.bare == nil || s.bare.failed {
		return
	}
	var known time.Duration
	indirect := false
	for _, f := range s.parts {
		switch f.Kind {
		case KindInterpreter, KindShim, KindImport, KindProcess, KindExec:
			if f.Cost != nil {
				known += time.Duration(*f.Cost)
			}
			indirect = indirect || f.Advice == adviseDirect
		}
	}
	f := Part{Kind: KindScript, Name: s.command.Path, Detail: "compiled and run", Advice: "do less before the answer"}
	switch {
	case indirect:
		f.Detail, f.Advice = "and what hands over to it", adviseDirect
	case s.language.name == python:
		f.Advice = "code in a module is compiled once"
	}
	if rest := s.ended() - known; rest > 0 {
		s.add(f.withCost(rest, ByRest))
	}
}

// plural is a number of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
