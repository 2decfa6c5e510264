package twin

import (
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"forktax/bench"
)

// A meter counts answered requests by status and duration. It is on the path of every request of both models, so it is
// a few atomic additions.
type meter struct {
	byStatus [600]atomic.Int64
	buckets  [lastBucket - firstBucket + 1]atomic.Int64
	sumNS    atomic.Int64
}

// The buckets of bench.Durations from 2^-20 s (1 µs) to 2^8 s (4 minutes); what is outside counts in the outermost.
const (
	bucketsPerDoubling = 1 << bench.DurationsSchema
	firstBucket        = -20 * bucketsPerDoubling
	lastBucket         = 8 * bucketsPerDoubling
)

func bucketOf(d time.Duration) int {
	i := int(math.Ceil(math.Log2(d.Seconds()) * bucketsPerDoubling))
	return min(max(i, firstBucket), lastBucket)
}

func (m *meter) observe(status int, took time.Duration) {
	if status < len(m.byStatus) {
		m.byStatus[status].Add(1)
	}
	m.buckets[bucketOf(max(took, 1))-firstBucket].Add(1)
	m.sumNS.Add(int64(took))
}

// measured counts what h answers.
func (m *meter) measured(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		status := http.StatusInternalServerError // if the handler panics
		defer func() { m.observe(status, time.Since(begin)) }()
		h.ServeHTTP(sw, r)
		status = sw.status
	})
}

func (m *meter) requests() map[int]int64 {
	seen := map[int]int64{}
	for status := range m.byStatus {
		if n := m.byStatus[status].Load(); n > 0 {
			seen[status] = n
		}
	}
	return seen
}

func (m *meter) durations() bench.Durations {
	d := bench.Durations{Buckets: map[int]int64{}, SumNS: m.sumNS.Load()}
	for i := range m.buckets {
		if n := m.buckets[i].Load(); n > 0 {
			d.Buckets[i+firstBucket] = n
		}
	}
	return d
}

// statusWriter notes the status of an answer. It passes Flush on, by Unwrap, but not ReadFrom: see package cgi.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 { // 1xx are not the answer yet
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
