package workers

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A Proxy is an [http.Handler] that passes requests on to one resident process, by HTTP over a Unix socket. If the
// process ends, another one takes its place; requests that arrive meanwhile wait in the queue of the socket. Its
// exported fields must not change after Open. It is safe for concurrent use.
type Proxy struct {
	// Path, Dir, Env, Limits and Logger are those of a [Host].
	Path   string
	Dir    string
	Env    []string
	Limits contract.ChildLimits
	Logger *log.Logger

	errors   *errorLog
	mark     string
	listener *net.UnixListener
	pass     httputil.ReverseProxy
	stats    struct{ started, failed, running, connections, peak atomic.Int64 }
	closing  chan struct{}
	watched  sync.WaitGroup

	mu      sync.Mutex
	process *process
	opened  int64 // connections that the process has reported
}

// clientHeader is the header of a request with the address of the client, which the process does not see.
const clientHeader = "Forktax-Client"

// forwarded are headers of a request that the library would remove.
var forwarded = []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"}

// idleLimit is how long a connection to the process is kept without a request; the process would close it later.
const idleLimit = 10 * time.Second

// servesHTTP is the value of [contract.EnvWorker] for a process that serves HTTP on its standard input.
const servesHTTP = "http"

// Open starts the process and returns when it serves.
func (p *Proxy) Open(ctx context.Context) (err error) {
	p.mark = fmt.Sprintf("%d.%s", os.Getpid(), rand.Text())
	p.closing = make(chan struct{})
	if p.errors, err = newErrorLog(p.Logger); err != nil {
		return err
	}
	if p.listener, err = listenUnix(); err != nil {
		p.errors.close()
		return fmt.Errorf("creating a Unix socket: %w", err)
	}
	var dialer net.Dialer
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: p.Limits.WithDefaults().Queue,
		IdleConnTimeout: idleLimit,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", p.listener.Addr().String())
		}}
	p.pass = httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: "worker"})
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // as it is, also with semicolons
			for _, name := range forwarded {
				if values := r.In.Header.Values(name); values != nil {
					r.Out.Header[name] = values
				}
			}
			r.Out.Header.Set(clientHeader, r.In.RemoteAddr)
			r.Out.Header.Del(readyHeader)
		},
		Transport:      transport,
		ErrorLog:       p.Logger,
		ModifyResponse: p.takeReport,
		ErrorHandler:   p.failed,
	}
	if err = p.start(); err == nil {
		err = p.awaitReady(ctx, transport)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("starting a worker: %w", err), p.Close())
	}
	p.watched.Go(p.watch)
	return nil
}

// listenUnix creates a listening socket. On Linux it has no file, so none can stay behind.
func listenUnix() (*net.UnixListener, error) {
	name := "@forktax-" + rand.Text()
	if runtime.GOOS != "linux" {
		name = filepath.Join(os.TempDir(), name)
	}
	return net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
}

// start starts the process, unless the proxy is closed.
func (p *Proxy) start() error {
	socket, err := p.listener.File()
	if err != nil {
		return err
	}
	defer socket.Close()
	input, err := spawn.Duplicate(int(socket.Fd()))
	if err != nil {
		return err
	}
	program := spawn.Program{Path: p.Path, Args: []string{p.Path}, Dir: p.Dir, Limits: p.Limits,
		Env: append(slices.Clip(p.Env), contract.EnvWorker+"="+servesHTTP)}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosing() {
		spawn.Close(input)
		return errClosed
	}
	started, err := launch(program, p.mark, input, p.errors)
	if err != nil {
		return err
	}
	p.stats.started.Add(1)
	p.process, p.opened = started, 0
	return nil
}

func (p *Proxy) isClosing() bool {
	select {
	case <-p.closing:
		return true
	default:
		return false
	}
}

// readyHeader marks a request that the process answers itself, without its handler, with its report.
const readyHeader = "Forktax-Ready"

// awaitReady waits until the process serves, or has ended.
func (p *Proxy) awaitReady(ctx context.Context, by http.RoundTripper) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("it did not serve within %v", startLimit))
	defer cancel()
	go func() {
		select {
		case <-p.process.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://worker", nil)
	if err != nil {
		return err
	}
	req.Header.Set(readyHeader, "?")
	resp, err := by.RoundTrip(req)
	if err == nil {
		return errors.Join(p.takeReport(resp), resp.Body.Close())
	}
	return p.process.withFate(cmp.Or(context.Cause(ctx), err))
}

// watch starts another process whenever one has ended, until the proxy is closed.
func (p *Proxy) watch() {
	started := true // the process had been started when it ended
	for delay := firstDelay; ; {
		<-p.process.gone
		if p.isClosing() {
			return
		}
		if started {
			p.errors.logger.Printf("the worker %s", p.process.fate())
			if contract.Now()-p.process.begun > int64(lastDelay) {
				delay = firstDelay
			}
		}
		select {
		case <-p.closing:
			return
		case <-time.After(delay):
		}
		delay = min(2*delay, lastDelay)
		err := p.start()
		if started = err == nil; !started && !p.isClosing() {
			p.errors.logger.Printf("starting a worker: %v", err)
		}
	}
}

// ServeHTTP passes a request on. If the process ends before it has responded, the status is 502.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.stats.running.Add(1)
	defer p.stats.running.Add(-1)
	w.Header()["Content-Type"] = nil // otherwise the server would detect one if the process has sent none
	arrived, head := contract.Now(), new(head)
	p.pass.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), headKey{}, head)))
	if head.flushed {
		_ = http.NewResponseController(w).Flush() // the library may have had nothing to flush
	}
	if recorder := contract.PhaseRecorderOf(w); recorder != nil && head.at > 0 {
		recorder.RecordPhase(contract.PhaseChild, time.Duration(head.at-arrived))
		recorder.RecordPhase(contract.PhaseTransfer, time.Duration(contract.Now()-head.at))
	}
}

// A head is what is known of the header of a response, by its key in the context of the request.
type (
	head struct {
		at      int64 // when it arrived, by contract.Now
		flushed bool  // its body has no length: the handler has flushed it, or it is long
	}
	headKey struct{}
)

// takeReport removes the report from a response.
func (p *Proxy) takeReport(resp *http.Response) error {
	if head, ok := resp.Request.Context().Value(headKey{}).(*head); ok {
		head.at, head.flushed = contract.Now(), resp.ContentLength < 0 && resp.Request.Method != http.MethodHead
	}
	var rep child.Report
	if rep.Read([]byte(resp.Header.Get(reportHeader))) {
		p.mu.Lock()
		if int(rep.PID) == p.process.PID() && rep.Connections > p.opened { // responses may overtake each other
			p.stats.connections.Add(rep.Connections - p.opened)
			p.opened = rep.Connections
		}
		p.mu.Unlock()
		model.Raise(&p.stats.peak, rep.PeakMemory)
	}
	resp.Header.Del(reportHeader)
	return nil
}

func (p *Proxy) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the client has disconnected
	}
	p.stats.failed.Add(1)
	message.Log(p.errors.logger, r, err.Error())
	http.Error(w, http.StatusText(http.StatusBadGateway), http.StatusBadGateway)
}

// Close ends the process and returns when it has ended.
func (p *Proxy) Close() error {
	p.mu.Lock()
	close(p.closing)
	last := p.process
	p.mu.Unlock()
	if last != nil {
		last.Signal(syscall.SIGTERM)
		last.end(p.errors.logger)
	}
	p.watched.Wait()
	p.errors.close()
	return p.listener.Close()
}

// Stats returns the current counts.
func (p *Proxy) Stats() model.Stats {
	return model.Stats{Started: p.stats.started.Load(), Running: p.stats.running.Load(), Failed: p.stats.failed.Load(),
		Connections: p.stats.connections.Load(), PeakMemoryBytes: p.stats.peak.Load()}
}

// Children returns the process.
func (p *Proxy) Children() []contract.Child {
	p.mu.Lock()
	defer p.mu.Unlock()
	return []contract.Child{{PID: p.process.PID(), BeganNS: p.process.begun}}
}
