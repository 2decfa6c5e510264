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
	hosts   []string // the accepted values of the Host header
	anyPort int      // a port that is accepted with any IP address; 0 if none
	metrics http.Handler
}

// NewServer returns a server for a listener at the address. It accepts requests for that address only. A malicious page
// whose name resolves to this machine (DNS rebinding) requests another host.
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

// Path returns the URL path of the page, which contains the token.
func (s *Server) Path() string { return "/" + s.token + "/" }

// validHost reports whether the server accepts the Host header. A server that listens on all addresses accepts any IP
// address, but no other name.
func (s *Server) validHost(host string) bool {
	if _, _, err := net.SplitHostPort(host); err != nil { // browsers leave out the port of HTTP
		host = net.JoinHostPort(strings.Trim(host, "[]"), "80")
	}
	if slices.Contains(s.hosts, host) {
		return true
	}
	address, port, err := net.SplitHostPort(host)
	return err == nil && s.anyPort != 0 && port == fmt.Sprint(s.anyPort) && net.ParseIP(address) != nil
}

// usable returns the addresses that the server accepts, as text.
func (s *Server) usable() string {
	if s.anyPort != 0 {
		return fmt.Sprintf("an IP address of this machine with port %d, or localhost:%[1]d", s.anyPort)
	}
	return strings.Join(s.hosts, " or ")
}

// policy allows a page to load resources only from this server, and forbids embedding it in other pages.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page and its resources.
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
			http.Error(w, "wrong Host or Origin header: use "+s.usable(), http.StatusForbidden)
			return
		case subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1:
			http.Error(w, "wrong token: use the URL that forktax live printed", http.StatusForbidden)
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
	json.NewEncoder(w).Encode(map[string]any{"workloads": s.session.backend.Choices(), "models": contract.TypicalModels(),
		"phases": phases(), "ladder": ladder(), "most_clients": mostClients, "most_rate": mostRate, "most_ms": mostMS})
}

// phases returns the name and description of each phase of a request, in order.
func phases() (all []map[string]string) {
	for p := range contract.NumPhases {
		all = append(all, map[string]string{"name": p.String(), "about": p.About()})
	}
	return all
}

// ladder returns the models, from the one that reuses everything to the one that reuses nothing.
func ladder() (models []string) {
	for _, r := range plan.Levels {
		models = append(models, r.Model)
	}
	return models
}

// mostSetup is the size limit of a setup, in bytes; far more than it needs.
const mostSetup = 4096

// changeSetup changes the setup. It accepts only JSON, which a form of another page cannot send.
func (s *Server) changeSetup(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Content-Type") != "application/json" {
		http.Error(w, "Content-Type must be application/json", http.StatusUnsupportedMediaType)
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

// writeLimit is the time after which a page that does not read is disconnected. It may reconnect.
const writeLimit = 5 * time.Second

// events sends frames to a page as server-sent events, until the page disconnects. A slow page gets fewer frames.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	if !s.session.addViewer() {
		w.Header().Set("Connection", "close") // a connection is an open file
		http.Error(w,
			fmt.Sprintf("%d pages are open already, which is the limit: close one and reload this page", maxViewers),
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

// A collector collects the Prometheus metrics of both sides.
type collector struct{ session *Session }

var (
	requestsDesc = sideDesc("requests_total", "Correct responses.")
	errorsDesc   = sideDesc("errors_total", "Requests without a correct response.")
	rpsDesc      = sideDesc("requests_per_second", "Correct responses in the last second.")
)

func sideDesc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("forktax_live_"+name, help, []string{"side", "model"}, nil)
}

// Describe implements prometheus.Collector. It sends nothing, since there are no metrics without viewers.
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
		rate := side.rate(time.Now())
		side.mu.Unlock()
		out <- prometheus.MustNewConstMetric(requestsDesc, prometheus.CounterValue, float64(requests), name, side.model)
		out <- prometheus.MustNewConstMetric(errorsDesc, prometheus.CounterValue, float64(errors), name, side.model)
		out <- prometheus.MustNewConstMetric(rpsDesc, prometheus.GaugeValue, rate, name, side.model)
	}
}
