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

// A Directory knows the users of an LDAP server: it looks for the one entry of a user by the name, and then has the
// server check the password, by connecting as that entry (RFC 4511, section 4.2).
type Directory struct {
	URL       string      // ldap://host:port or ldaps://host:port
	TLS       *tls.Config // for ldaps, and for StartTLS
	StartTLS  bool        // has ldap turn to TLS before anything is said
	Name      string      // the distinguished name of who searches; "" searches without one
	Password  string
	Base      string        // below which users are
	Attribute string        // of a user's entry, which has the name; "" means DefaultAttribute
	Filter    string        // that a user's entry must meet, too; "" if there is none
	Groups    string        // below which groups are, of groupOfNames; "" means that nobody asks for them
	MaxIdle   int           // how many sessions are kept while nobody uses them
	Timeout   time.Duration // of each answer; 0 means DefaultTimeout
	Cache     time.Duration // for how long a password that was right is not asked for again; 0 means that it always is
	Opened    func()        // is called for each connection that is made; may be nil

	mu     sync.Mutex
	idle   []*session
	cached map[credential]remembered
}

// What holds where nothing is said.
const (
	DefaultAttribute = "uid"
	DefaultTimeout   = 5 * time.Second
)

// A session is one connection at first: of who searches, and then of the user whose password is checked. If it is used
// again, it has one for each.
type session struct{ search, bind *ldap.Conn }

// conns are the connections that it has.
func (s *session) conns() []*ldap.Conn {
	return slices.DeleteFunc([]*ldap.Conn{s.search, s.bind}, func(c *ldap.Conn) bool { return c == nil })
}

func (s *session) close() {
	for _, c := range s.conns() {
		c.Close()
	}
}

// isAlive reports whether the server has not ended it, as far as is known.
func (s *session) isAlive() bool { return !slices.ContainsFunc(s.conns(), (*ldap.Conn).IsClosing) }

var _ Authenticator = (*Directory)(nil)

// errAmbiguous is no user's fault.
var errAmbiguous = errors.New("more than one entry of the directory has the name")

// Authenticate asks the directory. A name that is not there takes as many questions as one that is.
func (d *Directory) Authenticate(_ context.Context, name, password string) (Result, []string, error) {
	if password == "" { // by which a server would let anybody connect (RFC 4513, section 5.1.2)
		return Declined, nil, nil
	}
	if groups, known := d.remembers(name, password); known {
		return Known, groups, nil
	}
	s, fresh := d.session()
	v, groups, err := d.ask(s, name, password)
	if err != nil && !fresh && !errors.Is(err, errAmbiguous) { // the server may have ended it meanwhile
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
		d.remember(name, password, groups)
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
	of := cmp.Or(entry, "cn=nobody,"+d.Base)
	if groups, err = d.groups(s.search, of); err != nil {
		return Declined, nil, err
	}
	is, err := s.isPassword(of, password)
	switch {
	case err != nil:
		return Declined, nil, err
	case entry == "":
		return Declined, nil, nil
	case !is:
		return Refused, nil, nil
	}
	return Known, groups, nil
}

// entry is the one that has the name, letter for letter; "" if none has. A server may take ADA for ada, but what is
// behind the Middleware may not, nor the file that has an ada.
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

// isPassword connects as an entry.
func (s *session) isPassword(entry, password string) (bool, error) {
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

// groups are the names of those that the entry is a member of.
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

// clone is another with the same settings, and no connection.
func (d *Directory) clone() *Directory {
	return &Directory{URL: d.URL, TLS: d.TLS, StartTLS: d.StartTLS, Name: d.Name, Password: d.Password, Base: d.Base,
		Attribute: d.Attribute, Filter: d.Filter, Groups: d.Groups, MaxIdle: d.MaxIdle, Timeout: d.Timeout, Cache: d.Cache, Opened: d.Opened}
}

// session is one that was kept, or a fresh one, which has no connection yet.
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

// Close closes the connections that nobody uses.
func (d *Directory) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.idle {
		s.close()
	}
	d.idle = nil
	return nil
}

// searcher connects as who searches.
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
		return nil, fmt.Errorf("connecting as %s: %w", d.Name, err)
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
