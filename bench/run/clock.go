package run

import (
	"context"
	"math"
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
// not begin at the same instant; this is how their merge can tell. The time of this machine is that of wall.
func (r *Runner) recordClock(ctx context.Context, v *visitor, limit time.Duration, wall func() time.Time) error {
	name := r.Plan.Targets()[0]
	requests, err := r.Plan.Requests(r.Plan.Cells[0])
	if err != nil {
		return err
	}
	limit = min(limit-clockReserve, clockLimit)
	offset := record.ClockOffset{Unknown: "there was no time to read it"}
	if limit > 0 {
		within, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		offset = readClock(within, v.targets[name], requests[0], wall)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return r.Record.AddClock(offset)
}

// readClock bounds the offset of a server's clock by the Date of its responses: at some instant between a request and
// its response, the server's clock was in that second. A response just before and one just after the beginning of a
// second bound the offset to the time between them. It ends with ctx.
func readClock(ctx context.Context, t *subject.Target, request contract.Request,
	wall func() time.Time) record.ClockOffset {
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	offset := record.ClockOffset{LowNS: math.MinInt64, HighNS: math.MaxInt64,
		Unknown: "the server did not respond in time"}
	head := contract.Request{Method: http.MethodHead, Path: request.Path} // changes nothing, whatever the status
	for ctx.Err() == nil {
		sent := wall()
		response, err := subject.Fetch(ctx, client, t.URL, head)
		received := wall()
		if err != nil {
			if ctx.Err() == nil {
				offset.Unknown = err.Error()
			}
		} else if date, err := http.ParseTime(response.Headers.Get("Date")); err != nil {
			return record.ClockOffset{Unknown: "the server sends no Date"}
		} else {
			offset.LowNS = max(offset.LowNS, int64(date.Sub(received)))
			offset.HighNS = min(offset.HighNS, int64(date.Add(time.Second).Sub(sent)))
			offset.Unknown = ""
		}
		if offset.Unknown == "" && time.Duration(offset.HighNS-offset.LowNS) < clockPrecise {
			break
		}
		_ = sleep(ctx, clockPause) // the loop notices the end
	}
	switch {
	case offset.Unknown != "":
		return record.ClockOffset{Unknown: offset.Unknown}
	case offset.LowNS > offset.HighNS:
		return record.ClockOffset{Unknown: "the clock of the server changed, or several servers responded"}
	}
	return offset
}

// wall returns the time of day.
func (r *Runner) wall() time.Time {
	if r.Wall != nil {
		return r.Wall().Round(0)
	}
	return time.Now().Round(0) // without the monotonic clock
}
