package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"forktax/bench/units"
)

// A Failure describes the requests of a block that failed in one class. Their number is in Block.Errors.
type Failure struct {
	First     int           `json:"first"`                // number of the first one, from 1, in order of completion
	Request   string        `json:"request,omitempty"`    // name of the first failed request, if the block is of a mix
	Statuses  []StatusCount `json:"statuses,omitempty"`   // the first maxStatuses distinct wrong statuses
	FirstLine string        `json:"first_line,omitempty"` // first line of the first wrong body
}

// A StatusCount is the number of responses with a status.
type StatusCount struct {
	Status int `json:"status"`
	Count  int `json:"count"`
}

// maxStatuses is the largest number of statuses that are counted separately.
const maxStatuses = 4

// count adds n to the count of a status.
func (f *Failure) count(status, n int) {
	for i := range f.Statuses {
		if f.Statuses[i].Status == status {
			f.Statuses[i].Count += n
			return
		}
	}
	if len(f.Statuses) < maxStatuses {
		f.Statuses = append(f.Statuses, StatusCount{status, n})
	}
}

// Failures describes the failed requests, by class.
type Failures map[string]*Failure

// observe adds a failed request, the n-th of its block. For a mix, names has the names of its requests.
func (f Failures) observe(o Observation, n int, names []string) {
	known := f[o.Err]
	if known == nil {
		known = &Failure{First: n}
		if o.Request < len(names) {
			known.Request = names[o.Request]
		}
		f[o.Err] = known
	}
	if o.Err == ErrWrongStatus {
		known.count(o.Status, 1)
	}
}

// Merge adds the failures of another block. before is the number of requests that precede the requests of that block.
func (f Failures) Merge(more Failures, before int) {
	for class, m := range more {
		known := f[class]
		if known == nil {
			known = &Failure{First: before + m.First, Request: m.Request}
			f[class] = known
		}
		if known.FirstLine == "" {
			known.FirstLine = m.FirstLine
		}
		for _, s := range m.Statuses {
			known.count(s.Status, s.Count)
		}
	}
}

// ForgetFirst clears the first failed request, which is meaningless for requests to several cells.
func (f Failures) ForgetFirst() {
	for _, known := range f {
		known.First, known.Request = 0, ""
	}
}

// Describe returns a text on the failed requests, whose counts by class are given: "7772 wrong status; 502 7,772
// times, from request 101 on, first line "Bad Gateway"". Older records have only the classes.
func (f Failures) Describe(counts Counts) string {
	parts := []string{counts.String()}
	for _, class := range slices.Sorted(maps.Keys(f)) {
		text := f[class].describe(counts[class])
		if text == "" {
			continue
		}
		if len(counts) > 1 {
			text = class + ": " + text
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "; ")
}

func (f *Failure) describe(all int) string {
	var parts []string
	for _, s := range f.Statuses {
		parts = append(parts, fmt.Sprintf("%d %s", s.Status, times(s.Count)))
		all -= s.Count
	}
	if len(f.Statuses) > 0 && all > 0 {
		parts = append(parts, "others "+times(all))
	}
	switch {
	case f.First == 1:
		parts = append(parts, "from the first request on")
	case f.First > 1:
		parts = append(parts, "from request "+units.Count(int64(f.First))+" on")
	}
	if f.Request != "" {
		parts = append(parts, "first of "+f.Request)
	}
	if f.FirstLine != "" {
		parts = append(parts, fmt.Sprintf("first line %q", f.FirstLine))
	}
	return strings.Join(parts, ", ")
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return units.Count(int64(n)) + " times"
}
