// Package workers implements the execution models whose processes serve several requests, or are started before their
// request arrives: "fastcgi", "pool", and those that recycle workers. They have one host, which starts workers, lends
// each to one request at a time, and speaks FastCGI with them over a kept connection. A worker is the program itself,
// which serves by package net/http/fcgi. A [Proxy] serves the model "http-unix".
//
// The models differ in how many workers are kept ready, how many requests a worker serves, whether the next worker may
// be started before the last one has ended, and whether all workers are replaced at once.
package workers

import (
	"context"
	"crypto/rand"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"sync/atomic"

	"forktax/cgi/child"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A Host is an [http.Handler] that has workers serve its requests. Its exported fields must not change after Open. It
// is safe for concurrent use.
type Host struct {
	// Path is the absolute path of the program.
	Path string
	// Dir is the working directory of the workers.
	Dir string
	// Env is the environment of the workers, as KEY=VALUE.
	Env []string
	// Authorization passes the headers Authorization and Proxy-Authorization to workers.
	Authorization bool
	// Workers is the number of workers that serve requests or wait for one. Those that serve their last request are not
	// counted, unless Late is set.
	Workers int
	// Requests is the number of requests that a worker serves. Zero means no limit.
	Requests int
	// Together has all workers replaced when one has served its last request. Otherwise the first workers serve fewer
	// requests each, so that they are replaced one after the other.
	Together bool
	// Late has a worker started only after the one that it replaces has ended.
	Late bool
	// Limits bounds the workers and the requests. Zero fields mean the defaults; see
	// [contract.ChildLimits.WithDefaults].
	Limits contract.ChildLimits
	// Logger logs failed requests and the standard error of workers. Nil means the standard logger.
	Logger *log.Logger

	limits contract.ChildLimits
	mark   string // identifies this host in the environment of its workers
	marks  atomic.Int64
	errors *errorLog
	pool   pool
	stats  struct{ exchanges, started, failed, refused, running, connections, peak atomic.Int64 }
}

// Open starts the workers and returns when all can serve.
func (h *Host) Open(ctx context.Context) error {
	h.limits = h.Limits.WithDefaults()
	if h.Workers > h.limits.Children {
		return fmt.Errorf("%d workers, but at most %d processes are allowed", h.Workers, h.limits.Children)
	}
	h.mark = fmt.Sprintf("%d.%s", os.Getpid(), rand.Text())
	h.pool = pool{host: h, all: map[*worker]struct{}{}, started: make(chan struct{}, 1)}
	var err error
	if h.errors, err = newErrorLog(h.Logger); err != nil {
		return err
	}
	if err := h.pool.open(ctx); err != nil {
		h.Close()
		return err
	}
	return nil
}

// Close ends the workers and returns when none is left. Requests that arrive later get status 503.
func (h *Host) Close() error {
	h.pool.close()
	h.errors.close()
	return nil
}

// processors is the setting of Go's runtime for the number of threads that run at once. A worker serves one request at
// a time, and with more of them, each event wakes threads that look for work.
const processors = "GOMAXPROCS="

// environment returns the environment of the nth worker.
func (h *Host) environment(n int64) []string {
	settings := append(slices.Clip(h.Env), contract.EnvWorker+"="+child.Wanted(n))
	if !slices.ContainsFunc(h.Env, func(s string) bool { return strings.HasPrefix(s, processors) }) {
		settings = append(settings, processors+"1")
	}
	return settings
}

// Stats returns the current counts.
func (h *Host) Stats() model.Stats {
	h.pool.mu.Lock()
	waiting := len(h.pool.waiting)
	h.pool.mu.Unlock()
	return model.Stats{
		Started:         h.stats.started.Load(),
		Running:         h.stats.running.Load(),
		Failed:          h.stats.failed.Load(),
		Waiting:         int64(waiting),
		Refused:         h.stats.refused.Load(),
		Connections:     h.stats.connections.Load(),
		PeakMemoryBytes: h.stats.peak.Load(),
	}
}

// Children returns the workers, and at most 64 that have ended last.
func (h *Host) Children() []contract.Child { return h.pool.children() }
