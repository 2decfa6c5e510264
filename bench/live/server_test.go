package live_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"forktax/bench/live"
	"forktax/bench/load"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// empty is a backend that cannot start anything.
type empty struct{}

func (empty) Choices() []live.Choice {
	models := []string{"cgi", "persistent"}
	return []live.Choice{{Name: "hello", Models: models}, {Name: live.Startup, Models: models},
		{Name: "guestbook/read", Models: models, Databases: []string{"sqlite"}}}
}

func (empty) Launch(context.Context, live.Setup, int) (*subject.Target, contract.Request, func() error, error) {
	return nil, contract.Request{}, nil, errors.New("nothing can be started here")
}

var begin = live.Setup{Workload: "hello", Models: [2]string{"cgi", "persistent"}, Clients: 4}

// serving returns the handler of a server with an empty backend, and its host and path.
func serving(t *testing.T) (h http.Handler, host, path string) {
	t.Helper()
	show, err := live.NewSession(empty{}, load.Engines, load.Default, begin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := show.Close(); err != nil {
			t.Error(err)
		}
	})
	s := live.NewServer(show, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8080})
	return s.Handler(), "127.0.0.1:8080", s.Path()
}

// Clients without the token, from another page, or with another host name cannot see or start anything.
func TestServerIsClosedToOthers(t *testing.T) {
	h, host, path := serving(t)
	const json = "application/json"
	good := `{"workload":"hello","models":["persistent","persistent"],"clients":1}`
	for name, test := range map[string]struct {
		method, host, path, origin, kind, body string
		want                                   int
	}{
		"the page":                      {"GET", host, path, "", "", "", 200},
		"as localhost":                  {"GET", "localhost:8080", path, "", "", "", 200},
		"its script":                    {"GET", host, path + "live.js", "", "", "", 200},
		"a setup":                       {"POST", host, path + "setup", "http://" + host, json, good, 204},
		"without the token":             {"GET", host, "/", "", "", "", 403},
		"with another token":            {"GET", host, "/ABCDEFGHIJKLMNOPQRSTUVWXYZ/", "", "", "", 403},
		"a setup without the token":     {"POST", host, "/setup", "", json, good, 403},
		"with another host name":        {"GET", "evil.example:8080", path, "", "", "", 403},
		"at another port":               {"GET", "127.0.0.1:80", path, "", "", "", 403},
		"from another page":             {"POST", host, path + "setup", "http://evil.example", json, good, 403},
		"from a page without an origin": {"POST", host, path + "setup", "null", json, good, 403},
		"a form":                        {"POST", host, path + "setup", "", "application/x-www-form-urlencoded", good, 415},
		"a setup by GET":                {"GET", host, path + "setup", "", "", "", 404},
		"a path above":                  {"GET", host, path + "../show.go", "", "", "", 307},
	} {
		r := httptest.NewRequest(test.method, "http://"+test.host+test.path, strings.NewReader(test.body))
		if test.origin != "" {
			r.Header.Set("Origin", test.origin)
		}
		if test.kind != "" {
			r.Header.Set("Content-Type", test.kind)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: %d %.80q, want %d", name, w.Code, w.Body, test.want)
		}
		if policy := w.Header().Get("Content-Security-Policy"); w.Code == 200 &&
			(!strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe")) {
			t.Errorf("%s: policy = %q", name, policy)
		}
	}
}

// A server on all addresses accepts any IP address as host, and no name but localhost.
func TestServerAtAllAddresses(t *testing.T) {
	show, err := live.NewSession(empty{}, load.Engines, load.Default, begin)
	if err != nil {
		t.Fatal(err)
	}
	defer show.Close()
	s := live.NewServer(show, &net.TCPAddr{IP: net.IPv6unspecified, Port: 8080})
	for host, want := range map[string]int{"192.0.2.1:8080": 200, "[2001:db8::1]:8080": 200, "localhost:8080": 200,
		"192.0.2.1:80": 403, "evil.example:8080": 403} {
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+s.Path(), nil))
		if w.Code != want {
			t.Errorf("Host %s: %d, want %d", host, w.Code, want)
		}
	}
}

// A setup from a page must have known names and values within bounds.
func TestSetupsAreBounded(t *testing.T) {
	h, host, path := serving(t)
	const hello = `{"workload":"hello","models":["cgi","cgi"],`
	for body, want := range map[string]string{
		`{"workload":"/bin/sh","models":["cgi","cgi"],"clients":1}`: "unknown workload",
		`{"workload":"hello","models":["cgi","fork"],"clients":1}`:  "has no model",
		`{"workload":"hello","models":["cgi"],"clients":1}`:         "has no model",
		hello + `"clients":0}`:    "0 clients: must be from 1 to 32",
		hello + `"clients":33}`:   "33 clients",
		hello + `"rate_rps":1e9}`: "req/s: must be from 0 to 2000",
		hello + `"rate_rps":-1}`:  "req/s: must be from 0 to 2000",
		`{"workload":"startup","models":["cgi","cgi"],"clients":1,"work_ms":201}`: "must be from 0 to 200",
		hello + `"clients":1,"work_ms":1}`:                                        "only for the workload startup",
		hello + `"clients":1,"database":"postgres://evil.example/"}`:              "has no database",
		hello + `"clients":1,"env":{"LD_PRELOAD":"x"}}`:                           "unknown field",
		`{"workload":"` + strings.Repeat("x", 5000) + `"}`:                        "too large",
		`not JSON`: "invalid character",
	} {
		r := httptest.NewRequest("POST", "http://"+host+path+"setup", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%.80s: %d %q, want 400 with %q", body, w.Code, w.Body, want)
		}
	}
	if _, err := live.NewSession(empty{}, load.Engines, load.Default, live.Setup{}); err == nil {
		t.Error("NewSession without a workload: want an error")
	}
}

// A failed start is reported to the page, which may choose another setup.
func TestFailureIsTold(t *testing.T) {
	h, host, path := serving(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = host
		h.ServeHTTP(w, r)
	}))
	defer s.Close()
	resp, err := http.Get(s.URL + path + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text := make([]byte, 1000)
	n, err := io.ReadAtLeast(resp.Body, text, 20)
	if err != nil || !strings.Contains(string(text[:n]), "nothing can be started here") {
		t.Errorf("event = %q, %v, want the failure", text[:n], err)
	}
}

// At most eight pages may be open. Another page is refused with a message, and its connection is closed. After a page
// has disconnected, another may connect.
func TestPagesAreBounded(t *testing.T) {
	h, host, path := serving(t)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = host
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close) // after the pages are closed
	open := func() *http.Response {
		resp, err := http.Get(s.URL + path + "events")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		return resp
	}
	var pages []*http.Response
	for range 8 {
		pages = append(pages, open())
		if got := pages[len(pages)-1].StatusCode; got != http.StatusOK {
			t.Fatalf("page %d: %d, want 200", len(pages), got)
		}
	}
	for range 20 {
		refused := open()
		text, err := io.ReadAll(refused.Body)
		if refused.StatusCode != http.StatusServiceUnavailable || !refused.Close || err != nil ||
			!strings.HasPrefix(string(text), "8 pages are open already") {
			t.Fatalf("page 9: %d %q, closed %t, %v; want 503, a message and closed", refused.StatusCode, text,
				refused.Close, err)
		}
	}
	pages[0].Body.Close()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if resp := open(); resp.StatusCode == http.StatusOK {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no page can be opened after another was closed")
		}
	}
}
