package explain

import (
	"context"
	"slices"
	"time"

	"forktax/bench/units"
)

// findParts finds the parts of the start and their costs.
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

// noticeableShare is the smallest share of the whole start for which waiting is reported. Each wake-up takes some time.
const noticeableShare = 0.1

// kernelParts adds the parts found in the kernel's accounting: page faults, and the time in which no CPU worked for the
// program. Waiting is counted from the end of exec, since this process does part of the work before.
func (s *profile) kernelParts() {
	faults := medianOf(s.starts, func(s Start) int64 { return s.MinorFaults })
	cost, ok := faultCost()
	f := Part{Kind: KindFault, Name: units.Plural(int(faults), "page fault"), Advice: "touch less memory"}
	if ok {
		f.Detail = units.Duration(float64(cost)) + " each"
	}
	s.add(f.withCostIf(time.Duration(faults)*cost, ok, ByEstimate))
	waited := medianOf(s.starts, func(s Start) time.Duration { return s.Ended - s.Exec - s.CPU })
	if float64(waited) > noticeableShare*float64(s.ended()) {
		f := Part{Kind: KindWait, Name: "waiting, without using a CPU", Advice: adviseIdle}
		if s.images == nil || s.meetsOthers() {
			f.Advice = "check its processes, connections"
		}
		s.add(f.withCost(waited, ByClock))
	}
}

// adviseIdle is the advice for a program that waits, although there is nothing that it could wait for.
const adviseIdle = "repeat on an idle machine"

// meetsOthers reports whether the program has other processes or connections. Without these, it waits for a CPU or a
// disk.
func (s *profile) meetsOthers() bool {
	return slices.ContainsFunc(s.images, func(i *image) bool { return !i.root || i.forks > 0 || len(i.connections) > 0 })
}

// scriptPart adds the script's own cost: the whole start without the interpreter, the other programs and the imports.
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
	f := Part{Kind: KindScript, Name: s.command.Path, Detail: "compiled and run", Advice: "do less before the response"}
	switch {
	case slices.ContainsFunc(s.parts, func(p Part) bool { return p.Advice == adviseIdle }):
		f.Advice = "includes the wait" // which is not the script's, so nothing is to be changed in it
	case indirect:
		f.Detail, f.Advice = "with the programs that exec it", adviseDirect
	case s.language.name == python:
		f.Advice = "move code to a module (cached .pyc)"
	}
	if rest := s.ended() - known; rest > 0 {
		s.add(f.withCost(rest, ByRest))
	}
}
