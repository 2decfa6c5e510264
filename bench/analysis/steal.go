package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/bench/units"
)

// Steal is CPU time that the hypervisor gave to others. It makes blocks noisier, and none of them mean something else:
// both sides of a pair meet it alike, and the interval shows by how much it hurts. So it is shown and, where it is
// noticeable, a warning; it makes no block invalid and no run inconclusive.

const (
	// noticeableSteal is the share of the CPU time from which on steal is worth a warning. A request that computes
	// takes 1/(1 − share) times as long: above 2 % that is as much as the changes that people look for.
	noticeableSteal = 0.02
	// stealTick is what the kernel counts steal in, in seconds. A single one is chance.
	stealTick = 0.01
)

// CodeSteal is the code of the warning that steal was noticeable.
const CodeSteal = "steal"

// stealCounters are what the machine counted over some blocks.
type stealCounters struct{ record.Counters }

// sumSteal sums up what was counted over the blocks, and between them: a block alone is too short for it.
func sumSteal(blocks []record.Block) (s stealCounters) {
	for _, b := range blocks {
		s.CPUSeconds += b.Machine.CPUSeconds
		s.StealSeconds += b.Machine.StealSeconds
	}
	return s
}

// share is the part of the CPU time that the hypervisor took; 0 if the machine does not count it.
func (s stealCounters) share() float64 {
	if s.CPUSeconds <= 0 {
		return 0
	}
	return s.StealSeconds / s.CPUSeconds
}

// noticeable reports whether the share is worth a warning.
func (s stealCounters) noticeable() bool {
	return s.share() > noticeableSteal && s.StealSeconds > stealTick
}

// stealWarning warns that intervals are wider, and times longer, than they need be.
func stealWarning(blocks []record.Block) (Warning, bool) {
	s := sumSteal(blocks)
	return Warning{Code: CodeSteal,
		Text: fmt.Sprintf("the hypervisor took %s of the CPU time during the run", units.Percent(s.share())),
		Advice: "times are longer by about as much, and intervals wider; ratios stay true, for both sides of a pair meet " +
			"it alike. Measure at another time, longer, or on a machine of your own"}, s.noticeable()
}
