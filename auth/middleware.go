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

// A Middleware is an [http.Handler] that authenticates clients by HTTP Basic authentication (RFC 7617) and passes the
// requests of users on to another handler. Basic authentication sends passwords in the clear: use TLS, or a network
// that you trust. A Middleware is safe for concurrent use; its exported fields must not change after the first request.
//
// It slows down guessing: the refusal of a wrong name or password takes at least 250 ms, and a client address has at
// most 16 authentications at once.
type Middleware struct {
	// Realm is the realm of the challenge. Empty means [DefaultRealm].
	Realm string
	// Group is the group that a user must be in. Empty means that any user may pass.
	Group string
	// Users authenticates the clients.
	Users Authenticator
	// Next serves the requests of users.
	Next http.Handler
	// Logger logs errors of Users. Nil means the standard logger.
	Logger *log.Logger

	mu    sync.Mutex
	slots map[string]*addressLimiter // by client address
}

// An addressLimiter limits the concurrent authentications of a client address.
type addressLimiter struct {
	taken chan struct{}
	users int
}

// DefaultRealm is the default of [Middleware].Realm.
const DefaultRealm = "members"

// longest is the largest length in bytes of a name or a password. The time of some hashes grows with the length.
const longest = 256

const (
	// refusalTime is the shortest time of a refusal. It is the same for unknown names and wrong passwords, so that the
	// time does not reveal which names exist. A directory that responds more slowly than that still can.
	refusalTime = 250 * time.Millisecond
	// maxAtOnce is the largest number of concurrent authentications of a client address. A refusal counts until
	// refusalTime is over, even if its client has disconnected. So an address has 64 guesses per second, however many
	// connections it opens.
	maxAtOnce = 16
	// patience is the longest time that a request waits for such a slot.
	patience = time.Second
)

var _ http.Handler = (*Middleware)(nil)

// ServeHTTP authenticates the client and passes the request on to Next. Otherwise the status is
//   - 401 if the credentials are missing or wrong
//   - 403 if the user is not in the group
//   - 429 if there are too many authentications of the client address
//   - 503 if Users returns an error
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
		if !wait(r.Context(), refuseAt) {
			panic(http.ErrAbortHandler) // otherwise the response would be 200, which a client that only sends no more reads
		}
		g.challenge(w)
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

// authenticate declines empty names, and names and passwords that are too long, without asking Users.
func (g *Middleware) authenticate(ctx context.Context, name, password string) (Result, []string, error) {
	if name == "" || len(name) > longest || len(password) > longest {
		return Declined, nil, nil
	}
	return g.Users.Authenticate(ctx, name, password)
}

// slot waits for a slot of the address, and reports whether there was one. Release must be called once, from any
// goroutine.
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

// wait waits until then. It reports false if the client disconnects before.
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
		foreign.Line(fmt.Sprintf("%s %s: authenticating the client: %v", r.Method, r.URL.EscapedPath(), err)))
}

type userKey struct{}

// User returns the name of the user that a [Middleware] has authenticated, or "" if there is none.
func User(r *http.Request) string {
	name, _ := r.Context().Value(userKey{}).(string)
	return name
}
