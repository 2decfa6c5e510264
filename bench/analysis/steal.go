package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/bench/units"
)

// Steal is CPU time that the hypervisor gave to other guests. It makes blocks noisier but not wrong: both sides of a
// pair are affected equally, and the interval shows how much. So reports show it, with a warning if it is noticeable.
// It makes no block invalid and no run inconclusive.

const (
	// noticeableSteal is the share of the CPU time above which steal causes a warning. A request that computes
	// takes 1/(1 − share) times as long: above 2%, that is as much as the changes that users look for.
	noticeableSteal = 0.02
	// stealTick is the unit in which the kernel counts steal, in seconds. A single tick is chance.
	stealTick = 0.01
)

// CodeSteal is the code of the warning about noticeable steal.
const CodeSteal = "steal"

// stealCounters is the sum of the machine's counters over some blocks.
type stealCounters struct{ record.Counters }

// sumSteal sums the counters over the blocks and the time between them: a single block is too short.
func sumSteal(blocks []record.Block) (s stealCounters) {
	for _, b := range blocks {
		s.CPUSeconds += b.Machine.CPUSeconds
		s.StealSeconds += b.Machine.StealSeconds
	}
	return s
}

// share returns the share of the CPU time that the hypervisor took; 0 if the machine does not count it.
func (s stealCounters) share() float64 {
	if s.CPUSeconds <= 0 {
		return 0
	}
	return s.StealSeconds / s.CPUSeconds
}

// noticeable reports whether the share is large enough for a warning.
func (s stealCounters) noticeable() bool {
	return s.share() > noticeableSteal && s.StealSeconds > stealTick
}

// stealWarning warns that steal makes intervals wider and times longer.
func stealWarning(blocks []record.Block) (Warning, bool) {
	s := sumSteal(blocks)
	return Warning{Code: CodeSteal,
		Text: fmt.Sprintf("the hypervisor took %s of the CPU time during the run", units.Percent(s.share())),
		Advice: "times are longer by about this share, and intervals wider; ratios remain valid, because both sides of a " +
			"pair are affected equally. Measure for longer, at another time, or on a dedicated machine"}, s.noticeable()
}
