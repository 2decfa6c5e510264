// Package wasm implements the execution models "wasm" and "wasm-reuse": a [Host] runs a program that was compiled to a
// WebAssembly module for WASI preview 1. Each request has an instance of its own, as it has a process under CGI, or
// instances serve one request after the other.
//
// A module has CGI's interface: it is a command, which gets the variables of a request in its environment and the body
// on its standard input, and writes the response to its standard output.
//
// A module that can be called again exports the functions "_initialize" and "serve" instead, without parameters. The
// first is called once, and instances begin with the memory that it has left. The second serves a request. The
// variables of the request are at the beginning of its standard input: their size in bytes as a number of 4 bytes, the
// least significant byte first, and each variable as KEY=VALUE and a NUL byte. The body follows.
//
// Package workload compiles to such a module. Only one program links this package: the runtime for WebAssembly would
// otherwise be a part of each child.
package wasm

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"forktax/cgi/limiter"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A Host is an [http.Handler] that has instances of a module serve its requests. Its exported fields must not change
// after Open. It is safe for concurrent use.
type Host struct {
	// Path is the path of the module.
	Path string
	// Env is the environment of the instances, as KEY=VALUE. The variables of a request are added.
	Env []string
	// Authorization passes the headers Authorization and Proxy-Authorization to the module.
	Authorization bool
	// Reuse has an instance serve one request after the other.
	Reuse bool
	// Cache is a directory for compiled code, which other users must not be able to write to. Empty means no cache.
	Cache string
	// Limits bounds the instances and the requests. Zero fields mean the defaults; see
	// [contract.ChildLimits.WithDefaults]. Memory bounds the memory of an instance.
	Limits contract.ChildLimits
	// Logger logs failed requests and the standard error of instances. Nil means the standard logger.
	Logger *log.Logger

	limits  contract.ChildLimits
	logger  *log.Logger
	runtime wazero.Runtime
	module  wazero.CompiledModule
	entry   entry
	image   *image // the memory of a new instance; nil if that has to be initialized
	copies  bool   // the memory of each instance has to be initialized
	limiter *limiter.Limiter
	stats   struct{ failed, refused, running, connections, peak atomic.Int64 }

	mu     sync.Mutex
	idle   []*instance // those that can serve a further request
	closed bool
}

// Open compiles the module, or loads its code from the cache. With Reuse, it also initializes one instance.
func (h *Host) Open(ctx context.Context) error {
	h.limits, h.logger = h.Limits.WithDefaults(), h.Logger
	if h.logger == nil {
		h.logger = log.Default()
	}
	slots := h.limits.Children
	if h.Reuse {
		slots = h.limits.Workers
	}
	h.limiter = limiter.New(slots, h.limits.Queue)
	code, err := readModule(h.Path)
	if err != nil {
		return err
	}
	if err := h.compile(ctx, code); err != nil {
		h.Close()
		return fmt.Errorf("%s: %w", h.Path, err)
	}
	if !h.Reuse {
		return nil
	}
	first, err := h.newInstance(ctx, &stdio{})
	if err != nil {
		h.Close()
		return fmt.Errorf("%s: %w", h.Path, err)
	}
	h.idle = append(h.idle, first)
	return nil
}

// pageSize is the size of a page of WebAssembly in bytes.
const pageSize = 64 << 10

// compile compiles the module.
func (h *Host) compile(ctx context.Context, code []byte) error {
	config := wazero.NewRuntimeConfig()
	if h.Cache != "" {
		cache, err := openCache(h.Cache)
		if err != nil {
			return err
		}
		config = config.WithCompilationCache(cache)
	}
	var err error
	if h.runtime, err = newRuntime(ctx, config, h.limits); err != nil {
		return err
	}
	return h.load(ctx, code)
}

// newRuntime returns a runtime with the limits, and with WASI preview 1 for its modules.
func newRuntime(ctx context.Context, c wazero.RuntimeConfig, l contract.ChildLimits) (wazero.Runtime, error) {
	c = c.WithCloseOnContextDone(l.Idle > 0 || l.Total > 0).WithDebugInfoEnabled(false)
	if l.Memory > 0 {
		c = c.WithMemoryLimitPages(uint32(min(max(l.Memory/pageSize, 1), mostPages)))
	}
	r := wazero.NewRuntimeWithConfig(ctx, c)
	if _, err := wasi_snapshot_preview1.Instantiate(ctx, r); err != nil {
		return nil, errors.Join(err, r.Close(ctx))
	}
	return r, nil
}

// Close releases the instances and the code. It must be called after the last request.
func (h *Host) Close() error {
	h.mu.Lock()
	h.closed = true
	idle := h.idle
	h.idle = nil
	h.mu.Unlock()
	for _, i := range idle {
		i.close()
	}
	var err error
	if h.runtime != nil {
		err = h.runtime.Close(context.Background())
	}
	h.image.close()
	return err
}

// Stats returns the current counts. No processes are started.
func (h *Host) Stats() model.Stats {
	return model.Stats{
		Running:         h.stats.running.Load(),
		Failed:          h.stats.failed.Load(),
		Waiting:         h.limiter.Waiting(),
		Refused:         h.stats.refused.Load(),
		Connections:     h.stats.connections.Load(),
		PeakMemoryBytes: h.stats.peak.Load(),
	}
}

// errClosed is the error of a request that arrives after Close.
var errClosed = errors.New("the host is shutting down")

// acquire waits for a slot, and takes an instance that can serve a further request, if there is one.
func (h *Host) acquire(ctx context.Context) (*instance, error) {
	if err := h.limiter.Acquire(ctx); err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		h.limiter.Release()
		return nil, errClosed
	}
	n := len(h.idle)
	if n == 0 {
		return nil, nil
	}
	i := h.idle[n-1]
	h.idle = h.idle[:n-1]
	return i, nil
}

// release frees the slot. An instance that can serve a further request is kept.
func (h *Host) release(i *instance, reusable bool) {
	if i != nil {
		h.mu.Lock()
		keep := reusable && h.Reuse && !h.closed && !i.IsClosed() // its program may have exited
		if keep {
			h.idle = append(h.idle, i)
		}
		h.mu.Unlock()
		if !keep {
			i.close()
		}
	}
	h.limiter.Release()
}

// moduleConfig returns the configuration of an instance. Without these settings, wazero's clocks stand still, its
// random numbers are always the same, and sleeping takes no time.
func moduleConfig(s *stdio) wazero.ModuleConfig {
	return wazero.NewModuleConfig().WithName("").WithStartFunctions().WithStdin(s).WithStdout(&s.out).WithStderr(&s.err).
		WithRandSource(rand.Reader).WithSysWalltime().WithNanotime(contract.Now, 1).WithNanosleep(s.sleep)
}

var _ http.Handler = (*Host)(nil)
