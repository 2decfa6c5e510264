package auth

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"forktax/bench/foreign"
	"forktax/cgi"
)

// A Middleware passes requests on to a handler whose clients prove by HTTP's scheme Basic (RFC 7617) that they are
// users. It belongs behind TLS, or on a machine of one's own: the scheme sends the password in the clear.
type Middleware struct {
	Realm  string // what the client is told it is about; "" means DefaultRealm
	Group  string // that a user must be in; "" means that any user may pass
	Users  Authenticator
	Next   http.Handler
	Logger *log.Logger // of what goes wrong; nil means the standard logger

	mu    sync.Mutex
	slots map[string]*addressLimiter // by address
}

// An addressLimiter limits the requests of an address that are looked at at once.
type addressLimiter struct {
	taken chan struct{}
	users int
}

// DefaultRealm is what a client is told if nothing else is said.
const DefaultRealm = "members"

// longest is how many bytes a name or a password may have. Some hashes take a time that grows with them.
const longest = 256

const (
	// refusalTime is how long it takes to refuse somebody, whoever has refused, and why: to guess names by the time
	// that it takes is no use. What takes longer than that, a slow directory, is not evened out.
	refusalTime = 250 * time.Millisecond
	// maxAtOnce is how many requests of one address are looked at at once. One that is refused counts until its time is
	// over, though its client may have gone: so an address has 64 guesses a second, however many connections it has.
	maxAtOnce = 16
	// patience is how long others wait for that.
	patience = time.Second
)

var _ http.Handler = (*Middleware)(nil)

// ServeHTTP answers 401 to who does not prove to be a user, 403 to a user without the group, 429 to who has tried too
// often, and 503 while nobody can tell.
func (g *Middleware) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, password, given := r.BasicAuth()
	if !given {
		g.challenge(w)
		return
	}
	address, _, _ := net.SplitHostPort(r.RemoteAddr)
	release, free := g.slot(r.Context(), address)
	if !free {
		w.Header().Set("Retry-After", "1")
		http.Error(w, http.StatusText(http.StatusTooManyRequests), http.StatusTooManyRequests)
		return
	}
	refuseAt := time.Now().Add(refusalTime)
	result, groups, err := g.authenticate(r.Context(), name, password)
	if err == nil && result != Known {
		time.AfterFunc(time.Until(refuseAt), release)
		if wait(r.Context(), refuseAt) {
			g.challenge(w)
		}
		return
	}
	release()
	switch {
	case err != nil:
		g.log(r, err)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "the authentication backend is unavailable", http.StatusServiceUnavailable)
	case g.Group != "" && !slices.Contains(groups, g.Group):
		http.Error(w, http.StatusText(http.StatusForbidden), http.StatusForbidden)
	default:
		r = r.WithContext(context.WithValue(r.Context(), userKey{}, name))
		g.Next.ServeHTTP(w, cgi.WithUser(r, "Basic", name))
	}
}

// authenticate declines what cannot be a user's, without asking.
func (g *Middleware) authenticate(ctx context.Context, name, password string) (Result, []string, error) {
	if name == "" || len(name) > longest || len(password) > longest {
		return Declined, nil, nil
	}
	return g.Users.Authenticate(ctx, name, password)
}

// slot waits for one of the address. Release gives it back, from any goroutine, and is called once.
func (g *Middleware) slot(ctx context.Context, address string) (release func(), free bool) {
	g.mu.Lock()
	if g.slots == nil {
		g.slots = map[string]*addressLimiter{}
	}
	own := g.slots[address]
	if own == nil {
		own = &addressLimiter{taken: make(chan struct{}, maxAtOnce)}
		g.slots[address] = own
	}
	own.users++
	g.mu.Unlock()
	leave := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(g.slots, address)
		}
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case own.taken <- struct{}{}:
		return func() { <-own.taken; leave() }, true
	case <-timer.C:
	case <-ctx.Done():
	}
	leave()
	return nil, false
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

func (g *Middleware) challenge(w http.ResponseWriter) {
	realm := strconv.Quote(cmp.Or(g.Realm, DefaultRealm))
	w.Header().Set("WWW-Authenticate", "Basic realm="+realm+`, charset="UTF-8"`)
	http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
}

func (g *Middleware) log(r *http.Request, err error) {
	cmp.Or(g.Logger, log.Default()).Printf("%s",
		foreign.Line(fmt.Sprintf("%s %s: finding out who the client is: %v", r.Method, r.URL.EscapedPath(), err)))
}

type userKey struct{}

// User is the name of the user that a Middleware has authenticated, or "".
func User(r *http.Request) string {
	name, _ := r.Context().Value(userKey{}).(string)
	return name
}
