package live

import (
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"forktax/bench/plan"
	"forktax/bench/report"
	"forktax/workload/contract"
)

//go:embed page
var files embed.FS

// A Server shows a session to clients that have its token.
type Server struct {
	session *Session
	token   string
	hosts   []string // by which it may be asked for
	anyPort int      // a port at which it may be asked for by any address of this machine; 0 if at none
	metrics http.Handler
}

// NewServer is one at the address. It is asked for by that alone: a page of a user else's that has its own name lead
// here (DNS rebinding) asks for another.
func NewServer(session *Session, addr net.Addr) *Server {
	s := &Server{session: session, token: rand.Text()}
	if tcp, ok := addr.(*net.TCPAddr); ok {
		s.hosts = []string{tcp.String()}
		if tcp.IP.IsLoopback() || tcp.IP.IsUnspecified() {
			s.hosts = append(s.hosts, fmt.Sprint("localhost:", tcp.Port))
		}
		if tcp.IP.IsUnspecified() {
			s.anyPort = tcp.Port
		}
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector{session})
	s.metrics = promhttp.HandlerFor(registry, promhttp.HandlerOpts{})
	return s
}

// Path is where the page is.
func (s *Server) Path() string { return "/" + s.token + "/" }

// validHost reports whether it may be asked for by that. To a server at all addresses any address may lead, but no
// name.
func (s *Server) validHost(host string) bool {
	if slices.Contains(s.hosts, host) {
		return true
	}
	address, port, err := net.SplitHostPort(host)
	return err == nil && s.anyPort != 0 && port == fmt.Sprint(s.anyPort) && net.ParseIP(address) != nil
}

// policy lets a page have nothing but what comes from here, and be in no other.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page, and what it asks for.
func (s *Server) Handler() http.Handler {
	pages, err := fs.Sub(files, "page")
	if err != nil {
		panic(err) // it is embedded
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", http.FileServerFS(pages))
	mux.HandleFunc("GET /uPlot.js", embedded("text/javascript; charset=utf-8", "uPlot.iife.min.js"))
	mux.HandleFunc("GET /uPlot.css", embedded("text/css; charset=utf-8", "uPlot.min.css"))
	mux.HandleFunc("GET /palette.css", embedded("text/css; charset=utf-8", "palette.css"))
	mux.HandleFunc("GET /choices", s.choices)
	mux.HandleFunc("GET /events", s.events)
	mux.HandleFunc("POST /setup", s.changeSetup)
	mux.Handle("GET /metrics", s.metrics)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		origin := r.Header.Get("Origin")
		switch {
		case !s.validHost(r.Host), origin != "" && origin != "http://"+r.Host:
			http.Error(w, "this is asked for by "+strings.Join(s.hosts, " or "), http.StatusForbidden)
			return
		case subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1:
			http.Error(w, "the address that forktax live has printed is needed, with its token", http.StatusForbidden)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		own := r.Clone(r.Context())
		own.URL.Path = "/" + rest
		mux.ServeHTTP(w, own)
	})
}

func embedded(kind, name string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.Write(report.PageFile(name))
	}
}

func (s *Server) choices(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"workloads": s.session.backend.Choices(), "models": contract.Models,
		"phases": phases(), "ladder": ladder(), "most_clients": mostClients, "most_rate": mostRate, "most_ms": mostMS})
}

// phases are those of a request in their order, each with what it is.
func phases() (all []map[string]string) {
	for p := range contract.NumPhases {
		all = append(all, map[string]string{"name": p.String(), "about": p.About()})
	}
	return all
}

// ladder names the models from the one that keeps everything down to the one that keeps nothing.
func ladder() (models []string) {
	for _, r := range plan.Levels {
		models = append(models, r.Model)
	}
	return models
}

// mostSetup is far above what a setup takes, in bytes.
const mostSetup = 4096

// changeSetup changes the setup. It takes JSON alone, which a form of another page cannot send.
func (s *Server) changeSetup(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "JSON is needed", http.StatusUnsupportedMediaType)
		return
	}
	var next Setup
	in := json.NewDecoder(http.MaxBytesReader(w, r.Body, mostSetup))
	in.DisallowUnknownFields()
	if err := in.Decode(&next); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := next.validate(s.session.backend.Choices()); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if err := s.session.Set(next); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// writeLimit is on a page that takes nothing: it is left, and may come again.
const writeLimit = 5 * time.Second

// events tells a page what happens, as server-sent events, until it leaves. What it takes too slowly it is not told.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if !s.session.addViewer() {
		w.Header().Set("Connection", "close") // a connection is an open file
		http.Error(w,
			fmt.Sprintf("%d pages are open already, and there can be no more; close one, and load this one again",
				maxViewers),
			http.StatusServiceUnavailable)
		return
	}
	defer s.session.removeViewer()
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	ticker := time.NewTicker(viewInterval())
	defer ticker.Stop()
	for {
		text, err := json.Marshal(s.session.frame(r.Context()))
		if err != nil {
			return
		}
		_ = control.SetWriteDeadline(time.Now().Add(writeLimit))
		if _, err := fmt.Fprintf(w, "data: %s\n\n", text); err != nil || control.Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-s.session.closing.Done():
			return
		case <-ticker.C:
		}
	}
}

// A collector tells Prometheus of both sides.
type collector struct{ session *Session }

var (
	requestsDesc = sideDesc("requests_total", "Right answers to the load that is offered.")
	errorsDesc   = sideDesc("errors_total", "Requests without a right answer.")
	rpsDesc      = sideDesc("requests_per_second", "Right answers in the last second.")
)

func sideDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("forktax_live_"+name, help, []string{"side", "model"}, nil)
}

// Describe implements prometheus.Collector. It sends nothing, for without a view there are no metrics.
func (collector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	c.session.mu.Lock()
	a := c.session.current
	c.session.mu.Unlock()
	if a == nil {
		return
	}
	for i, side := range a.sides {
		name := []string{"left", "right"}[i]
		side.mu.Lock()
		requests, errors := side.requests, side.errors
		seen := len(side.seen) - side.before(time.Now().Add(-window))
		side.mu.Unlock()
		out <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(requests), name, side.model)
		out <- prometheus.MustNewConstMetric(errorsDesc, prometheus.CounterValue, float64(errors), name, side.model)
		out <- prometheus.MustNewConstMetric(rpsDesc, prometheus.GaugeValue, float64(seen), name, side.model)
	}
}
