package plan

import (
	"errors"
	"slices"
	"time"

	"forktax/bench/subject"
)

// notInParts lists the options that cannot be combined with --part. Parts measure servers that already run, at instants
// that are known in advance.
var notInParts = []string{"workload", subject.PersistentName, "suite", "variants", "cold", "find-knee", "cross-check",
	"floor", "reuse-levels", "model", "database", "starts", "pin", "cores"}

// longestWait is the longest time until a run in parts begins.
const longestWait = 24 * time.Hour

// ValidateParts returns an error if the options of a run in parts are invalid. Targets is the number of servers given.
func (o *Options) ValidateParts(targets int) error {
	invalid := subject.InvalidOption
	if o.Part.Of == 0 {
		if !o.StartAt.IsZero() {
			return invalid("start-at", "applies only to a run in parts: give --part as well")
		}
		return nil
	}
	if i := slices.IndexFunc(notInParts, func(option string) bool { return o.Explicit[option] }); i >= 0 {
		return invalid(notInParts[i], "cannot be combined with --part, which measures servers that are already running: "+
			"give --target, and --target-admin for the CPU time")
	}
	switch {
	case targets == 0:
		return invalid("part", "measures servers that are already running: give --target")
	case o.Part.Of > 1 && o.StartAt.IsZero():
		return invalid("start-at", "is missing: parts need an instant at which all of them begin, such as %s",
			time.Now().Add(time.Minute).UTC().Truncate(time.Second).Format(time.RFC3339))
	case o.Part.Of > 1 && !o.Explicit["seed"]:
		return invalid("seed", "is missing: parts need the same seed, from which they derive the same plan")
	case o.Part.Of > 1 && o.Seed == 0:
		return invalid("seed", "0 stands for a random seed: parts need the same seed, so give another number")
	case o.Rounds > 0 && o.Rounds < fewestVisits:
		return invalid("rounds", "%d: a run in parts needs at least %d for a confidence interval", o.Rounds, fewestVisits)
	case time.Until(o.StartAt) > longestWait:
		return invalid("start-at", "%s: must be at most 24 hours from now", o.StartAt.Format(time.RFC3339Nano))
	}
	return nil
}

// SetStart sets StartAt to an instant by RFC 3339.
func (o *Options) SetStart(text string) (err error) {
	if o.StartAt, err = time.Parse(time.RFC3339, text); err != nil {
		return errors.New("must be an instant by RFC 3339, such as 2026-01-02T15:04:05.5Z")
	}
	o.StartAt = o.StartAt.UTC() // plans of parts with other time zones are alike
	return nil
}

// InParts adapts the options to a run in parts.
func (o *Options) InParts() {
	if o.Part.Of == 0 {
		return
	}
	o.CrossCheck, o.Floor, o.ReuseLevels = false, false, false
	if o.Block == 0 {
		o.Block = partBlock
	}
	if o.Rounds > 0 {
		o.Starts = min(o.Starts, o.Rounds) // which only group the rounds
	}
}

// checkTimetable returns an error if the timetable of a run in parts has too few rounds for an interval.
func (p Plan) checkTimetable() error {
	if !p.Part.IsOne() {
		return nil
	}
	slots, length := p.Timetable()
	visits := make([]int, len(p.Cells))
	for _, s := range slots {
		if !s.WarmUp {
			visits[s.Cell]++
		}
	}
	if least := slices.Min(visits); least < fewestVisits {
		return subject.InvalidOption("budget", "is too short: a confidence interval needs %d blocks of each load, and there "+
			"would be %d in %v; give a longer --budget, a shorter --block, or fewer loads", fewestVisits, least,
			length.Round(time.Second))
	}
	return nil
}

// ShareOf returns the part's share of a load: of the clients of a closed loop, or of the connections of an open loop.
func (p Part) ShareOf(l Load) Load {
	if p.Of == 0 {
		return l
	}
	share := p.Share(l.Concurrency)
	if l.Kind == Open {
		share = max(share, 1) // the arrivals are shared, see load.Visit
	}
	l.Concurrency = share
	return l
}
