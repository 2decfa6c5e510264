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
	maxRecent   = 64              // that have ended are remembered
	lookTimeout = 5 * time.Second // after somebody has looked; else nothing is, for it would cost each request some microseconds
)

// recentChildren remembers children that have ended.
type recentChildren struct {
	looked atomic.Int64 // when somebody last did, by contract.Now
	mu     sync.Mutex
	ended  []contract.Child // the newest last
}

// wanted reports whether Children was called lately.
func (r *recentChildren) wanted() bool {
	looked := r.looked.Load()
	return looked != 0 && contract.Now()-looked < int64(lookTimeout)
}

func (r *recentChildren) add(c contract.Child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended = append(r.ended, c); len(r.ended) > 2*maxRecent {
		r.ended = slices.Delete(r.ended, 0, maxRecent)
	}
}

// Children are those of a host that run, and the last that have ended, in the order in which they began. It says so
// from the second time on that it is asked, if it is asked every five seconds.
func (h *Host) Children() []contract.Child {
	h.recent.looked.Store(contract.Now())
	h.recent.mu.Lock()
	all := slices.Clone(h.recent.ended[max(len(h.recent.ended)-maxRecent, 0):])
	h.recent.mu.Unlock()
	h.running.mu.Lock()
	for e := range h.running.all {
		all = append(all, contract.Child{PID: int(e.number.Load()), BeganNS: e.begun})
	}
	h.running.mu.Unlock()
	slices.SortFunc(all, func(a, b contract.Child) int { return cmp.Compare(a.BeganNS, b.BeganNS) })
	return all
}
