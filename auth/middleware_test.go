package auth_test

import (
	"context"
	"errors"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forktax/auth"
	"forktax/cgi"
)

// known knows one user, each with a password and a group of the same name, and forgets how if it is nobody.
type known string

func (k known) Authenticate(_ context.Context, name, password string) (auth.Result, []string, error) {
	switch {
	case k == "":
		return auth.Declined, nil, errors.New("the server is gone")
	case name != string(k):
		return auth.Declined, nil, nil
	case password != name:
		return auth.Refused, nil, nil
	}
	return auth.Known, []string{name}, nil
}

// asked asks a handler as a user.
func asked(h http.Handler, name, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	if name != "" {
		r.SetBasicAuth(name, password)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The first of a chain that does not decline decides, and so does one that cannot tell.
func TestChain(t *testing.T) {
	chain := auth.Chain{known("ada"), known("grace"), known("ada"), known("")}
	checks(t, chain, "ada", "ada", auth.Known, "ada")
	checks(t, chain, "grace", "grace", auth.Known, "grace")
	checks(t, chain, "grace", "ada", auth.Refused)
	checks(t, auth.Chain{}, "ada", "ada", auth.Declined)
	if v, _, err := chain.Authenticate(t.Context(), "nobody", "x"); err == nil || v != auth.Declined {
		t.Errorf("a chain that cannot tell: %v, %v; want an error", v, err)
	}
	if _, _, err := (auth.Chain{known(""), known("ada")}).Authenticate(t.Context(), "ada", "ada"); err == nil {
		t.Error("a chain asked the next after one that cannot tell")
	}
}

func TestMiddleware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said strings.Builder
		next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello, " + auth.User(r))) })
		g := &auth.Middleware{Realm: `the "club"`, Users: auth.Chain{known("ada"), known("grace")}, Next: next, Logger: log.New(&said, "", 0)}
		in := &auth.Middleware{Group: "ada", Users: g.Users, Next: next}
		broken := &auth.Middleware{Users: auth.Chain{known("ada"), known("")}, Next: next, Logger: g.Logger}
		long := strings.Repeat("x", 300)
		for _, probe := range []struct {
			gate           *auth.Middleware
			name, password string
			status         int
			body           string
			after          time.Duration
		}{
			{g, "ada", "ada", 200, "hello, ada", 0},
			{g, "grace", "grace", 200, "hello, grace", 0},
			{g, "", "", 401, "Unauthorized\n", 0},
			{g, "ada", "wrong", 401, "Unauthorized\n", 250 * time.Millisecond},
			{g, "nobody", "wrong", 401, "Unauthorized\n", 250 * time.Millisecond},
			{g, "nobody", "", 401, "Unauthorized\n", 250 * time.Millisecond},
			{g, long, "x", 401, "Unauthorized\n", 250 * time.Millisecond},
			{g, "ada", long, 401, "Unauthorized\n", 250 * time.Millisecond},
			{in, "ada", "ada", 200, "hello, ada", 0},
			{in, "grace", "grace", 403, "Forbidden\n", 0},
			{broken, "ada", "ada", 200, "hello, ada", 0},
			{broken, "eve", "hush", 503, "the authentication backend is unavailable\n", 0},
		} {
			begin := time.Now()
			w := asked(probe.gate, probe.name, probe.password)
			if took := time.Since(begin); w.Code != probe.status || w.Body.String() != probe.body || took != probe.after {
				t.Errorf("%.10q %.10q: %d %q after %v, want %d %q after %v", probe.name, probe.password, w.Code, w.Body, took,
					probe.status, probe.body, probe.after)
			}
			if got := w.Header().Get("WWW-Authenticate"); (w.Code == 401) != (got != "") {
				t.Errorf("%d with the challenge %q", w.Code, got)
			}
		}
		if got, want := asked(g, "", "").Header().Get("WWW-Authenticate"), `Basic realm="the \"club\"", charset="UTF-8"`; got != want {
			t.Errorf("the challenge is %s, want %s", got, want)
		}
		time.Sleep(time.Second) // until all that was refused is over
		if !strings.Contains(said.String(), "the server is gone") || strings.Contains(said.String(), "hush") {
			t.Errorf("the log says %q, want why it cannot tell, and no password", said.String())
		}
	})
}

// An address has 16 requests looked at at once, and a refusal counts for its 250 ms, though the client has gone: else
// who guesses many at once, or hangs up when no answer comes at once, would learn more of them in a second.
func TestMiddlewareLimitsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &auth.Middleware{Users: known("ada"), Next: http.NotFoundHandler()}
		var all sync.WaitGroup
		var mu sync.Mutex
		statuses := map[int]int{}
		for i := range 200 {
			all.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if i%2 == 0 { // it hangs up
					ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
					defer cancel()
				}
				r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
				r.SetBasicAuth("ada", "guess")
				w := httptest.NewRecorder()
				g.ServeHTTP(w, r)
				mu.Lock()
				statuses[w.Code]++
				mu.Unlock()
			})
		}
		synctest.Wait()
		begin := time.Now()
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth("ada", "ada")
		r.RemoteAddr = "192.0.2.99:1234"
		w := httptest.NewRecorder()
		if g.ServeHTTP(w, r); w.Code != 404 || time.Since(begin) > 0 {
			t.Errorf("from elsewhere it got %d after %v, want to pass at once", w.Code, time.Since(begin))
		}
		all.Wait()
		if n := statuses[http.StatusUnauthorized]; n > 80 || n == 0 || statuses[http.StatusTooManyRequests] == 0 {
			t.Errorf("in %v 200 guesses got %v, want at most 80 times 401, and 429", time.Since(begin), statuses)
		}
		begin = time.Now()
		if w := asked(g, "ada", "ada"); w.Code != 404 || time.Since(begin) > 250*time.Millisecond {
			t.Errorf("afterwards the right one got %d after %v, want to pass", w.Code, time.Since(begin))
		}
		time.Sleep(time.Second) // until all that was refused is over
	})
}

// A client that goes away while it waits to be refused holds nothing.
func TestMiddlewareLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &auth.Middleware{Users: known("ada"), Next: http.NotFoundHandler()}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
		r.SetBasicAuth("eve", "guess")
		begin := time.Now()
		g.ServeHTTP(httptest.NewRecorder(), r)
		if took := time.Since(begin); took != time.Millisecond {
			t.Errorf("it was held for %v", took)
		}
		time.Sleep(time.Second)
	})
}

// A CGI program behind a gate is told who the user is, and by what; it is not told the password.
func TestCGIBehindGate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "script")
	const script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s %s %s' \"$AUTH_TYPE\" \"$REMOTE_USER\" \"$HTTP_AUTHORIZATION\"\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	host := &cgi.Host{Path: path}
	t.Cleanup(func() { host.Close() })
	w := asked(&auth.Middleware{Users: known("ada"), Next: host}, "ada", "ada")
	if w.Code != 200 || w.Body.String() != "Basic ada " {
		t.Errorf("the script was told %d %q, want Basic ada", w.Code, w.Body)
	}
}

// The log has neither the user whose line is wrong nor the control characters that a client puts into a path.
func TestLogHasNoNames(t *testing.T) {
	path := written(t, "users", users)
	file, err := auth.NewFile(path, "")
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, path, "ada:plain\n")
	var logged strings.Builder
	m := &auth.Middleware{Users: file, Logger: log.New(&logged, "", 0)}
	r := httptest.NewRequest("GET", "/%1b%5b2J", nil)
	r.SetBasicAuth("ada", "plain")
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	want := "GET /%1b%5b2J: finding out who the client is: reading the password file: " + path +
		":1: the password is in no format"
	if got := logged.String(); w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(got, want) ||
		strings.Contains(got, "ada") {
		t.Errorf("%d, and the log has %q, want 503 and %q", w.Code, got, want)
	}
}
