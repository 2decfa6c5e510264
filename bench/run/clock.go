package run

import (
	"context"
	"net/http"
	"time"

	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

const (
	// clockLimit is how long the clock of a server is read: its Date has whole seconds, so that one of them must begin.
	clockLimit = 1100 * time.Millisecond
	// clockPause is the time between two readings.
	clockPause = 2 * time.Millisecond
	// clockPrecise is the uncertainty at which no more readings are needed.
	clockPrecise = 4 * time.Millisecond
	// clockReserve is the time that is left before the timetable begins.
	clockReserve = 100 * time.Millisecond
)

// recordClock records the offset of the clock of the first target, within a time limit. Parts whose clocks differ do
// not begin at the same instant; this is how their merge can tell.
func (r *Runner) recordClock(ctx context.Context, v *visitor, limit time.Duration) error {
	name := r.Plan.Targets()[0]
	requests, err := r.Plan.Requests(r.Plan.Cells[0])
	if err != nil {
		return err
	}
	limit = min(limit-clockReserve, clockLimit)
	if offset, ok := r.readClock(ctx, v.client, v.targets[name], requests[0], limit); ok {
		return r.Record.AddClock(offset)
	}
	return ctx.Err()
}

// readClock bounds the offset of a server's clock by the Date of its responses: at some instant between a request and
// its response, the server's clock was in that second. A response just before and one just after the beginning of a
// second bound the offset to the time between them.
func (r *Runner) readClock(ctx context.Context, client *http.Client, t *subject.Target, request contract.Request,
	limit time.Duration) (record.ClockOffset, bool) {
	var offset record.ClockOffset
	known := false
	head := contract.Request{Method: http.MethodHead, Path: request.Path} // changes nothing, whatever the status
	for began := time.Now(); time.Since(began) < limit && ctx.Err() == nil; time.Sleep(clockPause) {
		sent := r.wall()
		response, err := subject.Fetch(ctx, client, t.URL, head)
		received := r.wall()
		if err != nil {
			continue
		}
		date, err := http.ParseTime(response.Headers.Get("Date"))
		if err != nil {
			return offset, false
		}
		low, high := int64(date.Sub(received)), int64(date.Add(time.Second).Sub(sent))
		if !known {
			offset.LowNS, offset.HighNS, known = low, high, true
		}
		offset.LowNS, offset.HighNS = max(offset.LowNS, low), min(offset.HighNS, high)
		if time.Duration(offset.HighNS-offset.LowNS) < clockPrecise {
			break
		}
	}
	return offset, known && offset.LowNS <= offset.HighNS
}

// wall returns the time of day.
func (r *Runner) wall() time.Time {
	if r.Wall != nil {
		return r.Wall().Round(0)
	}
	return time.Now().Round(0) // without the monotonic clock
}
