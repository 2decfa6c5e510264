package auth

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-ldap/ldap/v3"
)

// A Directory authenticates the users of an LDAP server. It searches the entry of a user by name, and then checks the
// password with a bind as that entry (RFC 4511, section 4.2). It is safe for concurrent use; its exported fields must
// not change after the first call.
type Directory struct {
	// URL is the address of the server, ldap://host:port or ldaps://host:port.
	URL string
	// TLS is the configuration for ldaps:// and for StartTLS; see [TLSConfig].
	TLS *tls.Config
	// StartTLS upgrades an ldap:// connection to TLS before its first request.
	StartTLS bool
	// Name is the bind DN for searches. Empty means anonymous.
	Name string
	// Password is the password of Name.
	Password string
	// Base is the base DN of users; they may be at any depth below it.
	Base string
	// Attribute is the attribute with the name of a user. Empty means [DefaultAttribute].
	Attribute string
	// Filter is an additional filter for the entries of users, such as (objectClass=person). Empty means none.
	Filter string
	// Groups is the base DN of groups, entries of the class groupOfNames. Empty means that groups are not searched.
	Groups string
	// MaxIdle is the largest number of idle sessions. A session has one or two connections. Zero means that each session
	// is closed after use.
	MaxIdle int
	// Timeout is the timeout of connecting and of each response. Zero means [DefaultTimeout].
	Timeout time.Duration
	// Cache is the time for which a correct password is accepted without asking the server again. Zero means no cache.
	Cache time.Duration
	// Opened is called for each new connection. It may be nil.
	Opened func()

	mu     sync.Mutex
	idle   []*session
	cached map[credential]cacheEntry
}

const (
	// DefaultAttribute is the default of [Directory].Attribute.
	DefaultAttribute = "uid"
	// DefaultTimeout is the default of [Directory].Timeout.
	DefaultTimeout = 5 * time.Second
)

// A session begins with one connection, used for the search and then for the bind as the user. When a session is
// reused, it has a second connection, so that neither needs to bind again for the other purpose.
type session struct{ search, bind *ldap.Conn }

// conns returns the connections of the session.
func (s *session) conns() []*ldap.Conn {
	return slices.DeleteFunc([]*ldap.Conn{s.search, s.bind}, func(c *ldap.Conn) bool { return c == nil })
}

func (s *session) close() {
	for _, c := range s.conns() {
		c.Close()
	}
}

// isAlive reports whether no connection is known to be closed by the server.
func (s *session) isAlive() bool { return !slices.ContainsFunc(s.conns(), (*ldap.Conn).IsClosing) }

var _ Authenticator = (*Directory)(nil)

// errAmbiguous is returned when several entries have the name of a user.
var errAmbiguous = errors.New("more than one entry has this name")

// Authenticate implements [Authenticator]. An unknown name takes as many LDAP requests as a known one. It declines an
// empty password. It returns an error if the server cannot be reached or responds with an error, or if several entries
// have the name.
func (d *Directory) Authenticate(_ context.Context, name, password string) (Result, []string, error) {
	if password == "" { // a server accepts a bind without a password (RFC 4513, section 5.1.2)
		return Declined, nil, nil
	}
	if groups, known := d.cachedGroups(name, password); known {
		return Known, groups, nil
	}
	s, fresh := d.session()
	v, groups, err := d.ask(s, name, password)
	if err != nil && !fresh && !errors.Is(err, errAmbiguous) { // the server may have closed the connection
		s.close()
		s = &session{}
		v, groups, err = d.ask(s, name, password)
	}
	if err != nil {
		s.close()
		return Declined, nil, fmt.Errorf("asking %s: %w", d.URL, err)
	}
	d.keep(s)
	if v == Known {
		d.cache(name, password, groups)
	}
	return v, groups, nil
}

func (d *Directory) ask(s *session, name, password string) (v Result, groups []string, err error) {
	if s.search == nil {
		if s.search, err = d.searcher(); err != nil {
			return Declined, nil, err
		}
	}
	entry, err := d.entry(s.search, name)
	if err != nil {
		return Declined, nil, err
	}
	dn := cmp.Or(entry, "cn=nobody,"+d.Base)
	if groups, err = d.groups(s.search, dn); err != nil {
		return Declined, nil, err
	}
	matches, err := s.checkPassword(dn, password)
	switch {
	case err != nil:
		return Declined, nil, err
	case entry == "":
		return Declined, nil, nil
	case !matches:
		return Refused, nil, nil
	}
	return Known, groups, nil
}

// entry returns the DN of the entry with exactly this name, or "" if there is none. A server may match ADA with ada,
// but the handler behind the Middleware, or a password file with an ada, may not.
func (d *Directory) entry(c *ldap.Conn, name string) (dn string, err error) {
	attribute := cmp.Or(d.Attribute, DefaultAttribute)
	filter := fmt.Sprintf("(%s=%s)", attribute, ldap.EscapeFilter(name))
	if d.Filter != "" {
		filter = "(&" + d.Filter + filter + ")"
	}
	found, err := c.Search(ldap.NewSearchRequest(d.Base, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 2, 0, false,
		filter, []string{attribute}, nil))
	switch {
	case ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded) || err == nil && len(found.Entries) > 1:
		return "", errAmbiguous
	case err != nil:
		return "", err
	case len(found.Entries) == 0 || !slices.Contains(found.Entries[0].GetEqualFoldAttributeValues(attribute), name):
		return "", nil
	}
	return found.Entries[0].DN, nil
}

// checkPassword reports whether a bind as the entry succeeds.
func (s *session) checkPassword(entry, password string) (bool, error) {
	if s.bind == nil {
		s.search, s.bind = nil, s.search
	}
	err := s.bind.Bind(entry, password)
	if ldap.IsErrorAnyOf(err, ldap.LDAPResultInvalidCredentials, ldap.LDAPResultNoSuchObject,
		ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultInvalidDNSyntax) {
		return false, nil
	}
	return err == nil, err
}

// groups returns the names of the groups that have the entry as a member.
func (d *Directory) groups(c *ldap.Conn, entry string) (names []string, err error) {
	if d.Groups == "" {
		return nil, nil
	}
	found, err := c.Search(ldap.NewSearchRequest(d.Groups, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false,
		"(&(objectClass=groupOfNames)(member="+ldap.EscapeFilter(entry)+"))", []string{"cn"}, nil))
	if err != nil {
		return nil, err
	}
	for _, e := range found.Entries {
		names = append(names, e.GetAttributeValues("cn")...)
	}
	return names, nil
}

// clone returns a copy of the settings without connections.
func (d *Directory) clone() *Directory {
	return &Directory{URL: d.URL, TLS: d.TLS, StartTLS: d.StartTLS, Name: d.Name, Password: d.Password, Base: d.Base,
		Attribute: d.Attribute, Filter: d.Filter, Groups: d.Groups, MaxIdle: d.MaxIdle, Timeout: d.Timeout,
		Cache: d.Cache, Opened: d.Opened}
}

// session returns an idle session, or a new one without a connection, and reports whether it is new.
func (d *Directory) session() (s *session, fresh bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.idle) > 0 {
		s, d.idle = d.idle[len(d.idle)-1], d.idle[:len(d.idle)-1]
		if s.isAlive() {
			return s, false
		}
		s.close()
	}
	return &session{}, true
}

func (d *Directory) keep(s *session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.idle) >= d.MaxIdle {
		s.close()
		return
	}
	d.idle = append(d.idle, s)
}

// Close closes the idle connections. It always returns nil.
func (d *Directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.idle {
		s.close()
	}
	d.idle = nil
	return nil
}

// searcher opens a connection with a bind for searches.
func (d *Directory) searcher() (*ldap.Conn, error) {
	c, err := d.dial()
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	if d.Name == "" {
		return c, nil
	}
	if err := c.Bind(d.Name, d.Password); err != nil {
		c.Close()
		return nil, fmt.Errorf("binding as %s: %w", d.Name, err)
	}
	return c, nil
}

func (d *Directory) dial() (*ldap.Conn, error) {
	limit := cmp.Or(d.Timeout, DefaultTimeout)
	conn, err := ldap.DialURL(d.URL, ldap.DialWithDialer(&net.Dialer{Timeout: limit}), ldap.DialWithTLSConfig(d.TLS))
	if err != nil {
		return nil, err
	}
	conn.SetTimeout(limit)
	if d.Opened != nil {
		d.Opened()
	}
	if d.StartTLS {
		if err := conn.StartTLS(d.TLS); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return conn, nil
}
