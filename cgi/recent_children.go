package cgi

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"forktax/workload/contract"
)

const (
	// maxRecent is the number of exited children that are kept.
	maxRecent = 64
	// recentTimeout is the time after a call of Children for which exited children are recorded. Recording them always
	// would add some microseconds to each request.
	recentTimeout = 5 * time.Second
)

// recentChildren records children that have exited.
type recentChildren struct {
	asked atomic.Int64 // when Children was last called, by contract.Now; 0 if never
	mu    sync.Mutex
	ended []contract.Child // the newest last
}

// wanted reports whether Children was called within recentTimeout.
func (r *recentChildren) wanted() bool {
	asked := r.asked.Load()
	return asked != 0 && contract.Now()-asked < int64(recentTimeout)
}

func (r *recentChildren) add(c contract.Child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended = append(r.ended, c); len(r.ended) > 2*maxRecent {
		r.ended = slices.Delete(r.ended, 0, maxRecent)
	}
}

// list returns the children that have exited last, at most maxRecent, and has them recorded from now on.
func (r *recentChildren) list() []contract.Child {
	r.asked.Store(contract.Now())
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ended[max(len(r.ended)-maxRecent, 0):])
}

// Children returns the running children of the host, and at most 64 children that have exited last, in the order of
// their start. Exited children and PIDs are recorded only within 5 s after a call, so the first call returns the
// running children alone. It is safe for concurrent use.
func (h *Host) Children() []contract.Child {
	all := h.recent.list()
	h.running.mu.Lock()
	for e := range h.running.all {
		all = append(all, contract.Child{PID: e.child.PID(), BeganNS: e.begun})
	}
	h.running.mu.Unlock()
	slices.SortFunc(all, func(a, b contract.Child) int { return cmp.Compare(a.BeganNS, b.BeganNS) })
	return all
}
