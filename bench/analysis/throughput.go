package analysis

import (
	"time"

	"forktax/bench/record"
)

// blockTotals holds the totals of a block's observations, without those discarded at its start.
type blockTotals struct {
	timeouts  int           // requests that took at least as long as recorded: timed out or cut off
	responses int           // correct responses
	counted   int           // those of them that are in percentiles
	inTime    int           // correct responses before the planned end
	last      time.Duration // when the last request was done
	span      time.Duration // time in which the counted responses arrived
	busy      time.Duration // time for which clients waited, also for responses that were wrong
}

// fewTurns is the number of responses per client of a closed loop below which the requests in flight at the planned end
// matter.
const fewTurns = 10

// mostlyBusy is the share of their time for which clients at least wait for responses, right or wrong.
const mostlyBusy = 0.8

// add adds an observation; counts is set if it is in percentiles.
func (s *blockTotals) add(o record.Observation, length time.Duration, counts bool) {
	s.last = max(s.last, o.Done)
	switch {
	case o.Err == "":
		s.responses++
		if counts {
			s.counted++
		}
		if o.Done < length {
			s.inTime++
		}
	case counts:
		s.timeouts++
	}
}

// openSpan returns the time to which the responses of an open loop belong: that in which its requests were planned to
// arrive, and longer if the server did not keep up with them. Poisson arrivals end with the block, or with the last of
// the fewest requests if that is later: the sum of the requests of such blocks over the sum of their spans has no bias.
// Others are planned for a fixed number, and end when the next ones would be due; one of several parts has its share of
// them.
func openSpan(l record.Load, requests int, length, last time.Duration, parts int,
	arrived []arrival) time.Duration {
	arrivals := max(length, last)
	if l.IsRegular() {
		arrivals = time.Duration(float64(requests*parts) / l.RateRPS * float64(time.Second))
	}
	return time.Duration(float64(arrivals) / reachedShare(arrived, arrivals, 0))
}

// finish computes the time span in which responses of a closed loop count. With one client it ends with the last
// request, failed or not. Otherwise it is from the discard to the planned end, because requests in flight at either end
// would distort the throughput. In a loop of few requests, which may be in flight at the ends, it is the time in which
// the clients waited, if that is known: a client also waits between refusals.
func (s *blockTotals) finish(b record.Block, l record.Load, length time.Duration) {
	discard := time.Duration(b.DiscardNS)
	few := l.Concurrency > 1 && s.inTime < fewTurns*l.Concurrency && s.counted > 0 && (b.Failed() == 0 ||
		float64(s.busy) > mostlyBusy*float64(l.Concurrency)*float64(s.last-discard))
	switch {
	case few:
		s.responses, s.span = s.counted, s.busy/time.Duration(l.Concurrency)
	case discard > 0 && s.inTime > 0:
		s.responses, s.span = s.inTime, length-discard
	default:
		s.span = s.last - discard
	}
}

func (s *blockTotals) merge(more blockTotals) {
	s.timeouts += more.timeouts
	s.responses += more.responses
	s.span += more.span
}

// throughput returns the correct responses per second; nil if the span is empty.
func (s blockTotals) throughput() *float64 {
	if s.span <= 0 {
		return nil
	}
	return new(float64(s.responses) / s.span.Seconds())
}
