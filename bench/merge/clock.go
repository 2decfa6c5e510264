package merge

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// readClock sets the bounds of the offset of the part's clock: what all readings have in common. They have nothing in
// common if the clock of the timetable ran at another speed than that of the server, or if the latter was adjusted.
func (p *part) readClock() {
	var common, first, last record.ClockOffset
	known, unknown := 0, ""
	for _, c := range p.Clocks {
		if c.Unknown != "" {
			unknown = c.Unknown
			continue
		}
		if known++; known == 1 {
			common, first = c, c
		}
		last = c
		common = record.ClockOffset{LowNS: max(common.LowNS, c.LowNS), HighNS: min(common.HighNS, c.HighNS)}
	}
	switch {
	case known == 0:
		p.problems = append(p.problems, "how its clock differs from the others is unknown: "+
			cmp.Or(unknown, "it ended before it read it"))
	case common.LowNS > common.HighNS:
		p.clock, p.later, p.adjusted = &first, &last, time.Duration(common.LowNS-common.HighNS)
	default:
		p.clock = &common
	}
}

// judgeClocks finds the parts whose clocks differ, by the offset of the server's clock from each. A part whose clock is
// ahead begins too early.
func judgeClocks(parts []*part, whole plan.Plan) {
	allowed := whole.MaxLate(whole.Cells[0])
	for _, c := range whole.Cells {
		allowed = min(allowed, whole.MaxLate(c))
	}
	var known []*part
	for _, p := range parts {
		if p.clock == nil {
			continue
		}
		known = append(known, p)
		if p.adjusted > allowed {
			p.problems = append(p.problems, fmt.Sprintf("its clock, or that of the server, was adjusted, or drifted, by at "+
				"least %v during the run", p.adjusted.Round(time.Millisecond)))
		}
		if width := time.Duration(p.clock.HighNS - p.clock.LowNS); width/2 > allowed {
			p.problems = append(p.problems, fmt.Sprintf("how its clock differs from the others is known within %v only, as the "+
				"server takes long to respond", (width/2).Round(time.Millisecond)))
		}
	}
	if len(known) == 0 {
		return
	}
	reference, by := commonClock(known)
	for _, p := range known {
		p.ahead = behind(*p.clock, reference)
		if p.later != nil {
			if later := behind(*p.later, reference); later.Abs() > p.ahead.Abs() {
				p.ahead = later
			}
		}
		if p.ahead.Abs() > allowed {
			direction := "behind"
			if p.ahead < 0 {
				direction = "ahead of"
			}
			p.problems = append(p.problems, fmt.Sprintf("its clock is at least %v %s that of part %v", p.ahead.Abs().Round(
				time.Millisecond), direction, by.Plan.Part))
		}
	}
}

// behind returns by how much a clock with this offset is behind the reference, at least; a negative value means ahead
// of it. The server's clock minus its own is smaller for a clock that is ahead.
func behind(c, reference record.ClockOffset) time.Duration {
	switch {
	case c.HighNS < reference.LowNS:
		return -time.Duration(reference.LowNS - c.HighNS)
	case c.LowNS > reference.HighNS:
		return time.Duration(c.LowNS - reference.HighNS)
	}
	return 0
}

// commonClock returns the bounds on which the most parts agree (Marzullo 1984), and one of these parts, that with the
// narrowest bounds. Of several such bounds it returns those closest to the middle of all.
func commonClock(known []*part) (common record.ClockOffset, by *part) {
	middle := func(c record.ClockOffset) int64 { return c.LowNS/2 + c.HighNS/2 }
	var middles []int64
	for _, p := range known {
		middles = append(middles, middle(*p.clock))
	}
	slices.Sort(middles)
	median := middles[(len(middles)-1)/2]
	most := 0
	for _, p := range known { // the bounds begin where those of a part do
		c, agree := record.ClockOffset{LowNS: p.clock.LowNS, HighNS: p.clock.HighNS}, 0
		narrowest := p
		for _, other := range known {
			if other.clock.LowNS > p.clock.LowNS || other.clock.HighNS < p.clock.LowNS {
				continue
			}
			agree++
			c.HighNS = min(c.HighNS, other.clock.HighNS)
			if width(other) < width(narrowest) {
				narrowest = other
			}
		}
		distance := func(c record.ClockOffset) time.Duration { return time.Duration(middle(c) - median).Abs() }
		if agree > most || agree == most && distance(c) < distance(common) {
			most, common, by = agree, c, narrowest
		}
	}
	return common, by
}

func width(p *part) int64 { return p.clock.HighNS - p.clock.LowNS }

// setOtherClocks lists the servers whose clock differs from that of any part: phases that need a common clock are left
// out then, for all parts.
func setOtherClocks(merged *plan.Plan, parts []*part) {
	merged.OtherClocks = nil
	known := map[string]bool{}
	for _, p := range parts {
		for _, clock := range p.Plan.OtherClocks {
			if !known[clock.Model] {
				known[clock.Model], merged.OtherClocks = true, append(merged.OtherClocks, clock)
			}
		}
	}
}
