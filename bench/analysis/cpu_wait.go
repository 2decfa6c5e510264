package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/bench/units"
)

// Waits for a CPU, in run queues and by the CPU limit of a control group, make blocks noisier. They make no block
// invalid, because blocks are paired and in random order. So reports show them, with a warning if throttling is
// noticeable.

// noticeableThrottling is the share of a cell's time above which throttling causes a warning; see noticeableSteal.
const noticeableThrottling = 0.02

// CodeThrottled is the code of the warning that the CPU limit of a control group throttled processes.
const CodeThrottled = "throttled"

// throttling is the throttling during some blocks.
type throttling struct {
	record.Throttling
	known    bool
	lengthNS int64 // length of the blocks
}

// add adds the throttling of one side of a block; nil is unknown.
func (t *throttling) add(more *record.Throttling) {
	if more == nil {
		return
	}
	t.known = true
	t.Periods += more.Periods
	t.Throttled += more.Throttled
	t.ThrottledNS += more.ThrottledNS
	if tighter(*more, t.Throttling) {
		t.QuotaNS, t.PeriodNS = more.QuotaNS, more.PeriodNS
	}
}

// tighter reports whether the limit of a is known and lower than the limit of b.
func tighter(a, b record.Throttling) bool {
	return a.QuotaNS > 0 && a.PeriodNS > 0 && (b.QuotaNS == 0 || coresOf(a) < coresOf(b))
}

func coresOf(t record.Throttling) float64 { return float64(t.QuotaNS) / float64(t.PeriodNS) }

// share returns the throttled time as a share of the time of the blocks.
func (t throttling) share() float64 {
	if t.lengthNS <= 0 {
		return 0
	}
	return float64(t.ThrottledNS) / float64(t.lengthNS)
}

// limit describes the CPU limit; "" if it is unknown.
func (t throttling) limit() string {
	if t.QuotaNS <= 0 || t.PeriodNS <= 0 {
		return ""
	}
	return fmt.Sprintf(", %s cores (%s of each %s),", units.Number(coresOf(t.Throttling)),
		units.Duration(float64(t.QuotaNS)), units.Duration(float64(t.PeriodNS)))
}

// throttlingOf sums the throttling of the harness and of the targets in the cells for which included returns true.
func throttlingOf(r *record.Result, included func(cell int) bool) (sum throttling) {
	for _, b := range r.Blocks {
		if included(b.Cell) {
			sum.lengthNS += b.LengthNS
			sum.add(b.GeneratorWait.Throttling)
			sum.add(b.TargetWait.Throttling)
		}
	}
	return sum
}

// throttledWarning warns of cells in which a CPU limit was measured rather than the server.
func throttledWarning(r *record.Result) (Warning, bool) {
	var names []string
	cells := map[int]bool{}
	for i, c := range r.Plan.Cells {
		if throttlingOf(r, func(cell int) bool { return cell == i }).share() > noticeableThrottling {
			names, cells[i] = append(names, c.String()), true
		}
	}
	sum := throttlingOf(r, func(cell int) bool { return cells[cell] })
	return warningAbout(names, Warning{Code: CodeThrottled,
		Text: fmt.Sprintf("the CPU limit of the control group%s was used up in %d of %d periods: processes were "+
			"throttled for %s (summed over CPUs) during %s of %s", sum.limit(), sum.Throttled, sum.Periods,
			units.Duration(float64(sum.ThrottledNS)), units.Duration(float64(sum.lengthNS)), firstOf(names)),
		Advice: "a closed loop then measures the limit: response times include the wait for the next period, and the limit " +
			"determines the throughput; CPU time per request is not affected. Raise the limit (docker --cpus, cpu.max), or " +
			"measure an open loop (--rate) below it"})
}

// setWaits sets how long the generator and the target waited for a CPU, over the blocks with valid times, and the
// throttled share of all blocks' time. A field stays nil if it is unknown for any of these blocks.
func (c *Cell) setWaits(r *record.Result, index int, m measurements) {
	if t := throttlingOf(r, func(cell int) bool { return cell == index }); t.known {
		c.ThrottledShare = new(t.share())
	}
	var generator, target queued
	for _, b := range blocksOf(r, index) {
		if !timesInvalid(m.rounds[b.Round].reasons) {
			generator.add(b.GeneratorWait, b.Requests)
			target.add(b.TargetWait, b.Requests)
		}
	}
	c.GeneratorQueue, c.ServerQueue = generator.perRequest(), target.perRequest()
}

// queued is the time for which one side waited in run queues during some blocks.
type queued struct {
	ns       int64
	requests int
	unknown  bool // whether the wait is unknown for at least one of the blocks
}

func (q *queued) add(w record.CPUWait, requests int) {
	q.requests += requests
	if w.RunQueueNS == nil {
		q.unknown = true
		return
	}
	q.ns += *w.RunQueueNS
}

func (q queued) perRequest() *int64 {
	if q.unknown || q.requests == 0 {
		return nil
	}
	return new(q.ns / int64(q.requests))
}
