//go:build !wasip1

package workload

import (
	"encoding/json"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"

	"forktax/bench/account"
	"forktax/cgi/child"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// admin serves the second listener of a program, for observers instead of clients.
type admin struct {
	workload string
	model    contract.Model
	counters *counters
	server   model.Server
	exporter exporter
}

func (a *admin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write([]byte("ok\n"))
	})
	mux.HandleFunc("GET /usage", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(a.usage())
	})
	mux.HandleFunc("GET /children", func(w http.ResponseWriter, _ *http.Request) {
		family := contract.Family{NowNS: contract.Now(), Children: []contract.Child{}}
		if a.server.Children != nil {
			family.Children = append(family.Children, a.server.Children()...)
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(family)
	})
	mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(a.counters.requests())
	})
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		a.exporter.export(w, r, a.snapshot())
	})
	return mux
}

func (a *admin) stats() model.Stats {
	if a.server.Stats == nil {
		return model.Stats{}
	}
	return a.server.Stats()
}

// workers returns the PIDs of running children that serve several requests, or fork those that serve them. A child of
// one request is counted when it exits; finding the running ones would only make the usage expensive to read.
func (a *admin) workers() (pids []int) {
	if a.server.Children == nil || a.model.Process == contract.PerRequest && a.model.Host != contract.HostZygote {
		return nil
	}
	for _, c := range a.server.Children() {
		if c.EndedNS == 0 && c.PID != 0 {
			pids = append(pids, c.PID)
		}
	}
	return pids
}

func (a *admin) usage() contract.Usage {
	workers := a.workers()
	u := osUsage(a.exporter.used(), workers)
	children := a.stats()
	u.PeakMemoryBytes = child.PeakMemory()
	u.ChildPeakMemoryBytes = max(children.PeakMemoryBytes, account.PeakMemory(workers...))
	u.ProcessesStarted = children.Started
	u.ConnectionsOpened = connections.Load() + children.Connections
	return u
}

func (a *admin) snapshot() contract.Snapshot {
	children := a.stats()
	s := contract.Snapshot{
		Workload:        a.workload,
		Model:           a.model.Name,
		PID:             os.Getpid(),
		Usage:           a.usage(),
		Requests:        a.counters.requests(),
		Durations:       a.counters.all.durations(),
		Phases:          a.counters.byPhase(),
		ChildrenRunning: children.Running,
		ChildrenFailed:  children.Failed,
		QueueLength:     children.Waiting,
		QueueRefused:    children.Refused,
		GoVersion:       runtime.Version(),
		Goroutines:      runtime.NumGoroutine(),
		Threads:         pprof.Lookup("threadcreate").Count(),
	}
	runtime.ReadMemStats(&s.Memory)
	return s
}
