package plan

import (
	"time"
)

// A Slot is one visit of a timetable: the parts of a run visit a cell at the same instant. Nothing tells a part how far
// the others are, so a timetable has times instead of an order.
type Slot struct {
	Round, Cell, Start int
	At                 time.Duration // when the slot begins, since the instant at which the run begins
	Begin              time.Duration // when its block begins, likewise
	Read               time.Duration // when the usage of the target is read, likewise: its requests have ended
	WarmUp             bool          // the block is not evaluated
}

const (
	// slotLead is the time before a block for collecting garbage, reading usage and connecting.
	slotLead = 100 * time.Millisecond
	// drawTime is added to it for each arrival of a block, as each part draws all of them. It is a multiple of what that
	// takes.
	drawTime = 20 * time.Nanosecond
	// ReadLead is the part of it in which the first part reads usage, so that the others do not connect before.
	ReadLead = slotLead / 2
	// shortestTail is the shortest time after a block in which its last responses may arrive.
	shortestTail = 200 * time.Millisecond
	tailDivisor  = 4 // the tail is at least a quarter of the block, which is longer for slower targets
	// slotRead is the time at the end of a slot for reading usage.
	slotRead = 50 * time.Millisecond
	// partBlock is the default length of a block of parts: a slot takes much longer than a short block.
	partBlock = longBlock
)

// Tail returns how long a block of a timetable waits for its last responses.
func (p Plan) Tail(c Cell) time.Duration { return max(shortestTail, p.Duration(c)/tailDivisor) }

// lead returns the time of a slot of a cell before its block.
func (p Plan) lead(c Cell) time.Duration {
	arrivals := c.Load.RateRPS * p.Duration(c).Seconds() // 0 in a closed loop
	return slotLead + time.Duration(min(arrivals*float64(drawTime), float64(maxLength))).Truncate(time.Millisecond)
}

// slotLength returns the length of the slots of a cell.
func (p Plan) slotLength(c Cell) time.Duration {
	return p.lead(c) + p.Duration(c) + p.Tail(c) + slotRead
}

// Limits of a timetable, as a plan may be read from a file of another user.
const (
	maxSlots  = 300_000
	maxLength = 31 * 24 * time.Hour
	maxEmpty  = 10_000 // consecutive rounds without a slot
)

// Timetable returns the slots of a run in parts, the same for all parts, and its length. The first rounds are a
// warm-up.
func (p Plan) Timetable() (slots []Slot, length time.Duration) {
	warmUp, counted := time.Duration(p.WarmUpNS), 0
	at := time.Duration(0)
	if len(p.Cells) == 0 {
		return nil, 0
	}
	for round, empty := 0, 0; ; round++ {
		warming := at < warmUp
		visits := p.slotsOf(round, at)
		end := at
		if n := len(visits); n > 0 {
			end, empty = visits[n-1].Read+slotRead, 0
		} else if empty++; empty > maxEmpty {
			return nil, 0
		}
		if end < at || end > maxLength || len(slots) > maxSlots {
			return nil, 0
		}
		switch {
		case warming && end > warmUp+time.Duration(p.BudgetNS) && p.Rounds == 0: // a round takes longer than the whole run
			return nil, end
		case warming:
		case p.Rounds > 0 && counted == p.Rounds, p.Rounds == 0 && end-warmUp > time.Duration(p.BudgetNS):
			return spread(slots, counted, p.Starts), at
		default:
			counted++
		}
		for i := range visits {
			visits[i].WarmUp, visits[i].Start = warming, counted-1
		}
		slots = append(slots, visits...)
		at = end
	}
}

// slotsOf returns the slots of a round that begins at this time.
func (p Plan) slotsOf(round int, at time.Duration) (slots []Slot) {
	for _, cell := range p.Order(round) {
		c := p.Cells[cell]
		s := Slot{Round: round, Cell: cell, At: at, Begin: at + p.lead(c)}
		at += p.slotLength(c)
		s.Read = at - slotRead
		slots = append(slots, s)
	}
	return slots
}

// spread divides the counted rounds evenly among the starts: targets are not started for parts, but the intervals of
// comparisons also look at groups of consecutive rounds, because a machine changes slowly.
func spread(slots []Slot, rounds, starts int) []Slot {
	for i, s := range slots {
		slots[i].Start = 0
		if !s.WarmUp && rounds > 0 {
			slots[i].Start = s.Start * min(starts, rounds) / rounds
		}
	}
	return slots
}

// MaxLate is how much earlier or later than planned a block of a part may begin: a twentieth of the block, from 10 ms
// to the time in which usage is read before and after it.
func (p Plan) MaxLate(c Cell) time.Duration {
	const share, least = 20, 10 * time.Millisecond
	return min(max(p.Duration(c)/share, least), slotRead)
}
