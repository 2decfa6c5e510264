//go:build !wasip1

package workload

import (
	"math"
	"net/http"
	"sync/atomic"
	"time"

	"forktax/workload/contract"
)

// counters count requests by status, by duration, and by the durations of their phases. Every request updates them, so
// an update is a few atomic additions.
type counters struct {
	untimed  bool // phases are neither counted nor sent in responses
	byStatus [600]atomic.Int64
	all      histogram
	phases   [len(contract.Phases)]histogram
}

// A histogram counts durations.
type histogram struct {
	buckets [lastBucket - firstBucket + 1]atomic.Int64
	sumNS   atomic.Int64
}

// Indexes of buckets, see contract.Durations, from 2^-20 s (1 µs) to 2^8 s (4 min). Durations outside count in the
// first or the last bucket.
const (
	bucketsPerDoubling = 1 << contract.DurationsSchema
	firstBucket        = -20 * bucketsPerDoubling
	lastBucket         = 8 * bucketsPerDoubling
)

func bucketOf(d time.Duration) int {
	i := int(math.Ceil(math.Log2(d.Seconds()) * bucketsPerDoubling))
	return min(max(i, firstBucket), lastBucket)
}

func (h *histogram) observe(took time.Duration) {
	h.buckets[bucketOf(max(took, 1))-firstBucket].Add(1)
	h.sumNS.Add(int64(took))
}

func (m *counters) observe(status int, took time.Duration) {
	if status < len(m.byStatus) {
		m.byStatus[status].Add(1)
	}
	m.all.observe(took)
}

func (m *counters) observePhases(timing contract.Timing) {
	for p, ns := range timing {
		if ns > 0 {
			m.phases[p].observe(time.Duration(ns))
		}
	}
}

// countPhases returns a handler that counts the requests of h and adds their phases to each response.
func (m *counters) countPhases(h http.Handler) http.Handler {
	if m.untimed {
		return m.countOnly(h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := newResponse(w)
		returned := false
		defer func() {
			if !returned { // h has panicked
				m.observe(http.StatusInternalServerError, a.age())
			}
		}()
		h.ServeHTTP(a, r)
		returned = true
		took := a.age()
		if a.hasPhases {
			m.observePhases(a.phases.Timing)
		} else { // a model without other phases
			a.phases.Add(contract.PhaseHandle, took)
		}
		if !a.sent {
			a.phases.Answered = a.phases.Arrived + int64(took)
		}
		a.end()
		m.observe(a.status, took)
		a.free()
	})
}

// countOnly returns a handler that counts the requests of h.
func (m *counters) countOnly(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		status := http.StatusInternalServerError // unless the handler returns
		defer func() { m.observe(status, time.Since(begin)) }()
		h.ServeHTTP(sw, r)
		status = sw.status
	})
}

func (m *counters) requests() map[int]int64 {
	seen := map[int]int64{}
	for status := range m.byStatus {
		if n := m.byStatus[status].Load(); n > 0 {
			seen[status] = n
		}
	}
	return seen
}

func (h *histogram) durations() contract.Durations {
	d := contract.Durations{Buckets: map[int]int64{}, SumNS: h.sumNS.Load()}
	for i := range h.buckets {
		if n := h.buckets[i].Load(); n > 0 {
			d.Buckets[i+firstBucket] = n
		}
	}
	return d
}

// byPhase returns the durations of the phases that occurred. If the model reports none, all time is PhaseHandle.
func (m *counters) byPhase() map[string]contract.Durations {
	seen := map[string]contract.Durations{}
	if m.untimed {
		return seen
	}
	for p := range m.phases {
		if d := m.phases[p].durations(); len(d.Buckets) > 0 {
			seen[contract.Phases[p]] = d
		}
	}
	if all := m.all.durations(); len(seen) == 0 && len(all.Buckets) > 0 {
		seen[contract.PhaseHandle.String()] = all
	}
	return seen
}

// statusWriter records the status of a response. It passes Flush on, by Unwrap, but not ReadFrom; see response.
type statusWriter struct {
	http.ResponseWriter
	status int
	wrote  bool
}

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 { // not an informational response
		w.status, w.wrote = status, true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// Unwrap is called by http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
