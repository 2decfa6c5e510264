package explain

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// parts finds out what the start is made of, and what each part costs.
func (s *profile) parts(ctx context.Context) error {
	for _, find := range []func(context.Context) error{s.interpretation, s.initialisation, s.linking} {
		if err := find(ctx); err != nil {
			return err
		}
	}
	for _, find := range []func(){s.processes, s.files, s.connections, s.kernel, s.rest} {
		find()
	}
	rank(s.findings)
	return nil
}

// noticeable is the share of the whole that waiting must have to be worth a line: to be woken takes time, too.
const noticeable = 0.1

// kernel is what its accounts tell: pages, and the time in which no processor worked for the program. Until it is in
// place some of the work is this process's, so waiting counts from there.
func (s *profile) kernel() {
	faults := medianOf(s.starts, func(s Start) int64 { return s.MinorFaults })
	cost, ok := faultCost()
	f := Finding{Kind: KindFault, Name: count(int(faults), "page fault"), Advice: "touch less memory"}
	if ok {
		f.Detail = fmt.Sprintf("%v each", cost.Round(10*time.Nanosecond))
	}
	s.add(f.costingIf(time.Duration(faults)*cost, ok, ByEstimate))
	waited := medianOf(s.starts, func(s Start) time.Duration { return s.Ended - s.InPlace - s.CPU })
	if float64(waited) > noticeable*float64(s.ended()) {
		f := Finding{Kind: KindWait, Name: "waiting, with no processor at work"}
		if s.images == nil || s.meetsOthers() {
			f.Advice = "see its processes and connections"
		}
		s.add(f.costing(waited, ByClock))
	}
}

// meetsOthers says whether it has other processes, or connections. If not, it waits for a processor, or a disk.
func (s *profile) meetsOthers() bool {
	return slices.ContainsFunc(s.images, func(i *image) bool { return !i.root || i.forks > 0 || len(i.connections) > 0 })
}

// rest is what a script takes beyond the starts of its interpreter and of other programs, and its imports.
func (s *profile) rest() {
	if s.bare == nil || s.bare.fails {
		return
	}
	var known time.Duration
	indirect := false
	for _, f := range s.findings {
		switch f.Kind {
		case KindInterpreter, KindImport, KindProcess, KindExec:
			if f.Cost != nil {
				known += time.Duration(*f.Cost)
			}
			indirect = indirect || f.Advice == adviseDirect
		}
	}
	f := Finding{Kind: KindScript, Name: s.command.Path, Detail: "compiled and run", Advice: "do less before the answer"}
	switch {
	case indirect:
		f.Detail, f.Advice = "and what hands over to it", adviseDirect
	case s.language.name == python:
		f.Advice = "code in a module is compiled once"
	}
	if rest := s.ended() - known; rest > 0 {
		s.add(f.costing(rest, ByRest))
	}
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
