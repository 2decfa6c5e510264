package auth

import (
	"context"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"forktax/cgi"
)

// A Gate lets those through to a handler who prove by HTTP's scheme Basic (RFC 7617) that they are users. It belongs
// behind TLS, or on a machine of one's own: the scheme sends the password in the clear.
type Gate struct {
	Realm  string // what the client is told it is about; "" means DefaultRealm
	Group  string // that a user must be in; "" means that any user may pass
	Users  Checker
	Next   http.Handler
	Logger *log.Logger // of what goes wrong; nil means the standard logger

	mu       sync.Mutex
	refusing map[string]int // by address: requests that wait to be refused
}

// DefaultRealm is what a client is told if nothing else is said.
const DefaultRealm = "members"

// longest is how many bytes a name or a password may have. Some hashes take a time that grows with them.
const longest = 256

const (
	// refusal is how long it takes to refuse somebody, whoever has refused, and why: to guess names by the time that it
	// takes is no use. What takes longer than that, a slow directory, is not evened out.
	refusal = 250 * time.Millisecond
	// mostRefusals is how many requests of one address may wait to be refused. While so many do, no other is looked at: so
	// an address has 32 guesses a second.
	mostRefusals = 8
)

var _ http.Handler = (*Gate)(nil)

// ServeHTTP answers 401 to who does not prove to be a user, 403 to a user without the group, 429 to who has tried too often,
// and 503 while nobody can tell.
func (g *Gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, password, given := r.BasicAuth()
	if !given {
		g.challenge(w)
		return
	}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	if g.waiting(address) >= mostRefusals {
		w.Header().Set("Retry-After", "1")
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return
	}
	refuseAt := time.Now().Add(refusal)
	verdict, groups, err := g.check(r.Context(), name, password)
	switch {
	case err != nil:
		g.log(r, err)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "who you are cannot be found out now", http.StatusServiceUnavailable)
	case verdict != Known:
		g.waits(address, 1)
		defer g.waits(address, -1)
		if wait(r.Context(), refuseAt) {
			g.challenge(w)
		}
	case g.Group != "" && !slices.Contains(groups, g.Group):
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
	default:
		r = r.WithContext(context.WithValue(r.Context(), userKey{}, name))
		g.Next.ServeHTTP(w, cgi.WithUser(r, "Basic", name))
	}
}

// check asks nobody about what cannot be a user's.
func (g *Gate) check(ctx context.Context, name, password string) (Verdict, []string, error) {
	if name == "" || len(name) > longest || len(password) > longest {
		return Declined, nil, nil
	}
	return g.Users.Check(ctx, name, password)
}

// waiting is how many requests of the address wait to be refused.
func (g *Gate) waiting(address string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.refusing[address]
}

func (g *Gate) waits(address string, more int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refusing == nil {
		g.refusing = map[string]int{}
	}
	if g.refusing[address] += more; g.refusing[address] == 0 {
		delete(g.refusing, address)
	}
}

// wait waits until then, unless the client goes away before.
func wait(ctx context.Context, then time.Time) bool {
	select {
	case <-time.After(time.Until(then)):
		return true
	case <-ctx.Done():
		return false
	}
}

func (g *Gate) challenge(w http.ResponseWriter) {
	realm := g.Realm
	if realm == "" {
		realm = DefaultRealm
	}
	w.Header().Set("WWW-Authenticate", "Basic realm="+strconv.Quote(realm)+`, charset="UTF-8"`)
	http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
}

func (g *Gate) log(r *http.Request, err error) {
	to := g.Logger
	if to == nil {
		to = log.Default()
	}
	to.Printf("%s %s: finding out who the client is: %v", r.Method, r.URL.Path, err)
}

type userKey struct{}

// User is the name of the user that a Gate has let through, or "".
func User(r *http.Request) string {
	name, _ := r.Context().Value(userKey{}).(string)
	return name
}
