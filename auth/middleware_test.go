package auth_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
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

// known is an Authenticator of one user, whose name, password and group are the same. An empty one returns an error.
type known string

func (k known) Authenticate(_ context.Context, name, password string) (auth.Result, []string, error) {
	switch {
	case k == "":
		return auth.Declined, nil, errors.New("the server is down")
	case name != string(k):
		return auth.Declined, nil, nil
	case password != name:
		return auth.Refused, nil, nil
	}
	return auth.Known, []string{name}, nil
}

// asked sends a request to a handler as a user; an empty name means no credentials.
func asked(h http.Handler, name, password string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/", nil)
	if name != "" {
		r.SetBasicAuth(name, password)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// The first authenticator of a chain that does not decline, or that returns an error, decides.
func TestChain(t *testing.T) {
	chain := auth.Chain{known("ada"), known("grace"), known("ada"), known("")}
	checks(t, chain, "ada", "ada", auth.Known, "ada")
	checks(t, chain, "grace", "grace", auth.Known, "grace")
	checks(t, chain, "grace", "ada", auth.Refused)
	checks(t, auth.Chain{}, "ada", "ada", auth.Declined)
	if v, _, err := chain.Authenticate(t.Context(), "nobody", "x"); err == nil || v != auth.Declined {
		t.Errorf("Authenticate of a chain that ends with an error = %v, %v; want an error", v, err)
	}
	if _, _, err := (auth.Chain{known(""), known("ada")}).Authenticate(t.Context(), "ada", "ada"); err == nil {
		t.Error("Authenticate of a chain that begins with an error = nil, want the error")
	}
}

func TestMiddleware(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var logged strings.Builder
		next := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("hello, " + auth.User(r))) })
		g := &auth.Middleware{Realm: `the "club"`, Users: auth.Chain{known("ada"), known("grace")}, Next: next,
			Logger: log.New(&logged, "", 0)}
		in := &auth.Middleware{Group: "ada", Users: g.Users, Next: next}
		broken := &auth.Middleware{Users: auth.Chain{known("ada"), known("")}, Next: next, Logger: g.Logger}
		long := strings.Repeat("x", 300)
		for _, probe := range []struct {
			middleware     *auth.Middleware
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
			w := asked(probe.middleware, probe.name, probe.password)
			if took := time.Since(begin); w.Code != probe.status || w.Body.String() != probe.body || took != probe.after {
				t.Errorf("%.10q %.10q: %d %q after %v, want %d %q after %v", probe.name, probe.password, w.Code, w.Body,
					took, probe.status, probe.body, probe.after)
			}
			if got := w.Header().Get("WWW-Authenticate"); (w.Code == 401) != (got != "") {
				t.Errorf("status %d with the challenge %q", w.Code, got)
			}
		}
		const want = `Basic realm="the \"club\"", charset="UTF-8"`
		if got := asked(g, "", "").Header().Get("WWW-Authenticate"); got != want {
			t.Errorf("challenge = %s, want %s", got, want)
		}
		time.Sleep(time.Second) // until all refusals are over
		if !strings.Contains(logged.String(), "the server is down") || strings.Contains(logged.String(), "hush") {
			t.Errorf("log = %q, want the error and no password", logged.String())
		}
	})
}

// An address has at most 16 authentications at once, and a refusal counts for 250 ms, even if its client has
// disconnected. Otherwise parallel guesses, or guesses that do not wait for the response, would be faster.
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
				if i%2 == 0 { // disconnects
					ctx, cancel = context.WithTimeout(ctx, 20*time.Millisecond)
					defer cancel()
				}
				r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
				r.SetBasicAuth("ada", "guess")
				w := httptest.NewRecorder()
				defer func() {
					if recover() == nil { // otherwise the response was aborted
						mu.Lock()
						statuses[w.Code]++
						mu.Unlock()
					}
				}()
				g.ServeHTTP(w, r)
			})
		}
		synctest.Wait()
		begin := time.Now()
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth("ada", "ada")
		r.RemoteAddr = "192.0.2.99:1234"
		w := httptest.NewRecorder()
		if g.ServeHTTP(w, r); w.Code != 404 || time.Since(begin) > 0 {
			t.Errorf("status %d after %v for another address, want 404 at once", w.Code, time.Since(begin))
		}
		all.Wait()
		if n := statuses[http.StatusUnauthorized]; n > 80 || n == 0 || statuses[http.StatusTooManyRequests] == 0 {
			t.Errorf("statuses of 200 guesses in %v: %v, want at most 80 times 401, and 429", time.Since(begin), statuses)
		}
		begin = time.Now()
		if w := asked(g, "ada", "ada"); w.Code != 404 || time.Since(begin) > 250*time.Millisecond {
			t.Errorf("status %d after %v for the right password afterwards, want 404", w.Code, time.Since(begin))
		}
		time.Sleep(time.Second) // until all refusals are over
	})
}

// When a client disconnects during the delay of its refusal, ServeHTTP returns at once.
func TestMiddlewareLetsGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &auth.Middleware{Users: known("ada"), Next: http.NotFoundHandler()}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		r := httptest.NewRequest("GET", "/", nil).WithContext(ctx)
		r.SetBasicAuth("eve", "guess")
		begin := time.Now()
		func() {
			defer func() {
				if why := recover(); why != http.ErrAbortHandler {
					t.Errorf("the response is aborted with %v, want ErrAbortHandler", why)
				}
			}()
			g.ServeHTTP(httptest.NewRecorder(), r)
		}()
		if took := time.Since(begin); took != time.Millisecond {
			t.Errorf("ServeHTTP took %v, want 1ms", took)
		}
		time.Sleep(time.Second)
	})
}

// A client that sends no more after its request, and still reads, gets no success for a wrong password.
func TestHalfClosedClient(t *testing.T) {
	s := httptest.NewServer(&auth.Middleware{Users: known("ada"), Next: http.NotFoundHandler()})
	defer s.Close()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic eDp5\r\n\r\n")
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(conn); strings.HasPrefix(string(text), "HTTP/1.1 200") {
		t.Errorf("the response is %.60q, want none, or 401", text)
	}
}

// A CGI program behind a Middleware gets the name of the user and the scheme, but not the password.
func TestCGIBehindMiddleware(t *testing.T) {
	path := filepath.Join(t.TempDir(), "script")
	const script = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n%s %s %s' " +
		"\"$AUTH_TYPE\" \"$REMOTE_USER\" \"$HTTP_AUTHORIZATION\"\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	host := &cgi.Host{Path: path}
	t.Cleanup(func() { host.Close() })
	w := asked(&auth.Middleware{Users: known("ada"), Next: host}, "ada", "ada")
	if w.Code != 200 || w.Body.String() != "Basic ada " {
		t.Errorf("status %d, variables %q; want 200, Basic ada", w.Code, w.Body)
	}
}

// The log contains neither the name of a user whose line is invalid nor control characters of a URL path.
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
	want := "GET /%1b%5b2J: authenticating the client: reading the password file: " + path +
		":1: unknown password format"
	if got := logged.String(); w.Code != http.StatusServiceUnavailable || !strings.HasPrefix(got, want) ||
		strings.Contains(got, "ada") {
		t.Errorf("status %d, log = %q; want 503, %q", w.Code, got, want)
	}
}
