package ldapmem_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"forktax/bench/ldapmem"
	"forktax/bench/process"
)

const (
	suffix = "dc=example"
	admin  = "cn=Admin," + suffix
	people = "ou=people," + suffix
)

// served starts the server until the test ends, and returns a function that connects to it.
func served(t *testing.T, s *ldapmem.Server) func() *ldap.Conn {
	t.Helper()
	port, err := process.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	addr := "127.0.0.1:" + strconv.Itoa(port)
	s.Suffix, s.Admin, s.Password = suffix, admin, "secret"
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, addr) }()
	var open []*ldap.Conn
	t.Cleanup(func() {
		for _, c := range open {
			c.Close()
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return func() *ldap.Conn {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			c, err := ldap.DialURL("ldap://" + addr)
			if err == nil {
				open = append(open, c)
				return c
			}
			if time.Now().After(deadline) {
				t.Fatal(err)
			}
		}
	}
}

// add adds an entry. The attributes are pairs of a name and a value.
func add(c *ldap.Conn, dn string, attributes ...string) error {
	r := ldap.NewAddRequest(dn, nil)
	for i := 0; i < len(attributes); i += 2 {
		r.Attribute(attributes[i], []string{attributes[i+1]})
	}
	return c.Add(r)
}

func expect(t *testing.T, what string, err error, code uint16) {
	t.Helper()
	if code == ldap.LDAPResultSuccess && err != nil || code != ldap.LDAPResultSuccess && !ldap.IsErrorWithCode(err, code) {
		t.Errorf("%s: %v, want %s", what, err, ldap.LDAPResultCodeMap[code])
	}
}

func TestServer(t *testing.T) {
	connect := served(t, &ldapmem.Server{})
	c := connect()
	expect(t, "adding anonymously", add(c, people), ldap.LDAPResultInsufficientAccessRights)
	expect(t, "a wrong password", c.Bind(admin, "guess"), ldap.LDAPResultInvalidCredentials)
	expect(t, "the administrator, in another spelling", c.Bind("CN=admin, DC=example", "secret"), ldap.LDAPResultSuccess)
	expect(t, "adding", add(c, people, "objectClass", "organizationalUnit", "ou", "people"), ldap.LDAPResultSuccess)
	expect(t, "adding again", add(c, "OU=People,"+suffix), ldap.LDAPResultEntryAlreadyExists)
	expect(t, "adding below a missing entry", add(c, "uid=ada,ou=none,"+suffix), ldap.LDAPResultNoSuchObject)
	expect(t, "adding an invalid name", add(c, "ada"), ldap.LDAPResultInvalidDNSyntax)
	ada, grace := "uid=ada,"+people, "uid=grace,"+people
	expect(t, "adding ada", add(c, ada, "objectClass", "person", "uid", "ada", "userPassword", "hers"),
		ldap.LDAPResultSuccess)
	expect(t, "adding grace", add(c, grace, "objectClass", "person", "uid", "grace", "userPassword", "other"),
		ldap.LDAPResultSuccess)
	expect(t, "adding a group", add(c, "cn=all,"+suffix, "objectClass", "groupOfNames", "member", ada),
		ldap.LDAPResultSuccess)

	expect(t, "a user", c.Bind(ada, "hers"), ldap.LDAPResultSuccess)
	expect(t, "adding as a user", add(c, "uid=eve,"+people), ldap.LDAPResultInsufficientAccessRights)
	expect(t, "another's password", c.Bind(ada, "other"), ldap.LDAPResultInvalidCredentials)
	expect(t, "an unknown user", c.Bind("uid=eve,"+people, "hers"), ldap.LDAPResultInvalidCredentials)
	_, err := c.SimpleBind(&ldap.SimpleBindRequest{Username: ada, AllowEmptyPassword: true})
	expect(t, "no password", err, ldap.LDAPResultUnwillingToPerform)
	expect(t, "anonymous", c.UnauthenticatedBind(""), ldap.LDAPResultSuccess)

	for _, probe := range []struct {
		base   string
		scope  int
		filter string
		want   string
	}{
		{suffix, ldap.ScopeWholeSubtree, "(uid=ada)", ada},
		{"DC=EXAMPLE", ldap.ScopeWholeSubtree, "(UID=ADA)", ada},
		{people, ldap.ScopeWholeSubtree, "(objectClass=person)", ada + " " + grace},
		{people, ldap.ScopeWholeSubtree, "(&(objectClass=person)(uid=grace))", grace},
		{people, ldap.ScopeWholeSubtree, "(|(uid=ada)(uid=grace))", ada + " " + grace},
		{people, ldap.ScopeWholeSubtree, "(!(uid=ada))", people + " " + grace},
		{people, ldap.ScopeSingleLevel, "(objectClass=*)", ada + " " + grace},
		{suffix, ldap.ScopeSingleLevel, "(objectClass=*)", people + " cn=all," + suffix},
		{people, ldap.ScopeBaseObject, "(objectClass=*)", people},
		{suffix, ldap.ScopeWholeSubtree, "(member=UID=Ada, ou=people," + suffix + ")", "cn=all," + suffix},
		{suffix, ldap.ScopeWholeSubtree, "(uid=\\2a)", ""},
		{suffix, ldap.ScopeWholeSubtree, "(userPassword=hers)", ""},
		{suffix, ldap.ScopeWholeSubtree, "(uid=a*)", ""}, // substring filters are not supported
	} {
		found, err := c.Search(ldap.NewSearchRequest(probe.base, probe.scope, 0, 0, 0, false, probe.filter, nil, nil))
		if err != nil {
			t.Errorf("%s: %v", probe.filter, err)
			continue
		}
		var names []string
		for _, e := range found.Entries {
			names = append(names, e.DN)
			if e.GetAttributeValue("userpassword")+e.GetAttributeValue("userPassword") != "" {
				t.Errorf("%s shows a password", probe.filter)
			}
		}
		if got := strings.Join(names, " "); got != probe.want {
			t.Errorf("search of %s below %s = %q, want %q", probe.filter, probe.base, got, probe.want)
		}
	}
	_, err = c.Search(ldap.NewSearchRequest("ou=none,"+suffix, 2, 0, 0, 0, false, "(uid=ada)", nil, nil))
	expect(t, "searching below a missing entry", err, ldap.LDAPResultNoSuchObject)
	_, err = c.Search(ldap.NewSearchRequest(suffix, 2, 0, 1, 0, false, "(uid=*)", nil, nil))
	expect(t, "more than the size limit", err, ldap.LDAPResultSizeLimitExceeded)
	expect(t, "TLS without a certificate", c.StartTLS(&tls.Config{ServerName: "example.com"}),
		ldap.LDAPResultProtocolError)
}

func TestStartTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	trust := x509.NewCertPool()
	trust.AddCert(web.Certificate())
	connect := served(t, &ldapmem.Server{TLS: web.TLS})
	c := connect()
	expect(t, "StartTLS", c.StartTLS(&tls.Config{ServerName: "example.com", RootCAs: trust}), ldap.LDAPResultSuccess)
	expect(t, "bind after StartTLS", c.Bind(admin, "secret"), ldap.LDAPResultSuccess)
	if state, secure := c.TLSConnectionState(); !secure || state.Version < tls.VersionTLS12 {
		t.Error("the connection does not use TLS 1.2 or later")
	}
	if err := connect().StartTLS(&tls.Config{ServerName: "example.com"}); err == nil {
		t.Error("StartTLS accepted a certificate of an unknown authority")
	}
}
