package auth_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"forktax/auth"
	"forktax/bench/ldapmem"
	"forktax/bench/process"
	"forktax/bench/servers"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// The test binary is also the in-memory LDAP server.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "directory" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		if err := ldapmem.Main(ctx, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// inMemory returns the command of the in-memory LDAP server.
func inMemory(t testing.TB) []string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return []string{self, "directory"}
}

// filled starts an LDAP server for the test, with users below ou=people and a group below ou=groups, and returns the
// settings for it. The test is skipped if slapd is needed and not installed.
func filled(t *testing.T, d servers.LDAP) (*servers.LDAPServer, auth.Settings) {
	t.Helper()
	s, err := d.Start(t.Context())
	testenv.As(t, err, new(*process.NotInstalledError))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	text, _, err := s.Provision(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	base := strings.TrimPrefix(u.Path, "/")
	people := url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/ou=people," + base, RawQuery: "uid"}
	settings := auth.Settings{LDAP: people.String(), Groups: "ou=groups," + base, CA: u.Query().Get("ca")}
	fill(t, u, settings, base)
	return s, settings
}

// odd is a user name with special characters of filters and DNs.
const odd = `o*)(uid=\2a, x`

func fill(t *testing.T, u *url.URL, settings auth.Settings, base string) {
	t.Helper()
	trusted, err := auth.TLSConfig(settings.CA, u.Hostname())
	if err != nil {
		t.Fatal(err)
	}
	c, err := ldap.DialURL(u.Scheme+"://"+u.Host, ldap.DialWithTLSConfig(trusted))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	password, _ := u.User.Password()
	if err := c.Bind(u.User.Username(), password); err != nil {
		t.Fatal(err)
	}
	add := func(dn string, attributes ...string) {
		t.Helper()
		r := ldap.NewAddRequest(dn, nil)
		for i := 0; i < len(attributes); i += 2 {
			r.Attribute(attributes[i], []string{attributes[i+1]})
		}
		if err := c.Add(r); err != nil {
			t.Fatalf("adding %s: %v", dn, err)
		}
	}
	for _, unit := range []string{"people", "groups"} {
		add("ou="+unit+","+base, "objectClass", "organizationalUnit", "ou", unit)
	}
	person := func(cn, uid string) {
		add(fmt.Sprintf("cn=%s,ou=people,%s", cn, base), "objectClass", "inetOrgPerson", "cn", cn, "sn", cn, "uid", uid,
			"userPassword", secretOf(uid))
	}
	person("Grace", "grace")
	person("Odd", odd)
	person("First", "twin")
	person("Second", "twin")
	add("cn=readers,ou=groups,"+base, "objectClass", "groupOfNames", "cn", "readers",
		"member", "cn=Grace,ou=people,"+base)
}

// asking returns an authenticator of the settings and the count of connections that it opens.
func asking(t *testing.T, s auth.Settings) (c auth.Authenticator, opened *atomic.Int64) {
	t.Helper()
	opened = &atomic.Int64{}
	s.Connection = func() { opened.Add(1) }
	o, err := s.Open()
	if err != nil {
		t.Fatal(err)
	}
	m, shut := o.Middleware(nil)
	t.Cleanup(func() { shut() })
	return m.Users, opened
}

func TestDirectory(t *testing.T) {
	for name, d := range map[string]servers.LDAP{
		"memory": {Command: inMemory(t)}, "memory, TLS": {Command: inMemory(t), TLS: true},
		"slapd": {}, "slapd, TLS": {TLS: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, settings := filled(t, d)
			c, opened := asking(t, settings)
			for range 3 {
				checks(t, c, "grace", secretOf("grace"), auth.Known, "readers")
				checks(t, c, odd, secretOf(odd), auth.Known)
				checks(t, c, "grace", secretOf("eve"), auth.Refused)
				checks(t, c, "grace", "", auth.Declined) // a bind without a password succeeds
				checks(t, c, "nobody", secretOf("nobody"), auth.Declined)
				checks(t, c, "*", secretOf("grace"), auth.Declined)
				checks(t, c, "GRACE", secretOf("grace"), auth.Declined)
				checks(t, c, " grace", secretOf("grace"), auth.Declined)
				checks(t, c, "grace)(uid=*", secretOf("grace"), auth.Declined)
			}
			if _, _, err := c.Authenticate(t.Context(), "twin", secretOf("twin")); err == nil {
				t.Error("Authenticate of a name with two entries = nil, want an error")
			}
			if n := opened.Load(); n != 2 {
				t.Errorf("%d connections were opened, want 2: one for searches, one for binds as users", n)
			}
			settings.LDAP += "?sub?(sn=Grace)"
			c, _ = asking(t, settings)
			checks(t, c, "grace", secretOf("grace"), auth.Known, "readers")
			checks(t, c, odd, secretOf(odd), auth.Declined)
			if d.TLS {
				settings.CA = ""
				c, _ = asking(t, settings)
				if _, _, err := c.Authenticate(t.Context(), "grace", secretOf("grace")); err == nil {
					t.Error("Authenticate with an untrusted certificate = nil, want an error")
				}
			}
		})
	}
}

// A connection that the server has closed is opened again. Without a server, only cached users are authenticated.
func TestDirectoryDown(t *testing.T) {
	s, settings := filled(t, servers.LDAP{Command: inMemory(t)})
	between := relay(t, strings.TrimPrefix(s.URL(), "ldap://"))
	settings.LDAP = strings.Replace(settings.LDAP, strings.TrimPrefix(s.URL(), "ldap://"), between.addr, 1)
	c, opened := asking(t, settings)
	settings.Cache = time.Minute
	caching, _ := asking(t, settings)
	for _, c := range []auth.Authenticator{c, caching} {
		checks(t, c, "grace", secretOf("grace"), auth.Known, "readers")
	}
	between.cut()
	checks(t, c, "grace", secretOf("grace"), auth.Known, "readers")
	if n := opened.Load(); n != 2 && n != 3 { // 3 if the session opened its second one before it noticed the cut
		t.Errorf("%d connections were opened, want 2 or 3", n)
	}
	between.close()
	if v, _, err := c.Authenticate(t.Context(), "grace", secretOf("grace")); err == nil {
		t.Errorf("Authenticate without a server = %v, want an error", v)
	}
	checks(t, caching, "grace", secretOf("grace"), auth.Known, "readers")
	if v, _, err := caching.Authenticate(t.Context(), "grace", secretOf("eve")); err == nil {
		t.Errorf("Authenticate with a password that is not cached = %v, want an error", v)
	}
}

// If an LDAP server is slow or responds with garbage, Authenticate returns an error.
func TestBrokenDirectory(t *testing.T) {
	for name, respond := range map[string]func(net.Conn){
		"no response":         func(net.Conn) {},
		"closed":              func(c net.Conn) { c.Close() },
		"text":                func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") },
		"zeros":               func(c net.Conn) { c.Write(make([]byte, 4096)) },
		"an excessive length": func(c net.Conn) { c.Write([]byte{0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2, 1, 1}) },
		"wrong message ID":    func(c net.Conn) { c.Write([]byte{0x30, 0x0c, 2, 1, 99, 0x61, 7, 10, 1, 0, 4, 0, 4, 0}) },
		"bind response":       func(c net.Conn) { c.Write([]byte{0x30, 0x0c, 2, 1, 1, 0x61, 7, 10, 1, 0, 4, 0, 4, 0}) },
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { ln.Close() })
			go func() {
				for {
					c, err := ln.Accept()
					if err != nil {
						return
					}
					t.Cleanup(func() { c.Close() })
					go func() {
						c.Read(make([]byte, 1024))
						respond(c)
					}()
				}
			}()
			d := &auth.Directory{URL: "ldap://" + ln.Addr().String(), Base: "dc=example", Timeout: 200 * time.Millisecond}
			if v, _, err := d.Authenticate(t.Context(), "grace", "secret"); err == nil || v != auth.Declined {
				t.Errorf("Authenticate = %v, %v; want an error", v, err)
			}
		})
	}
}

func TestWrongSettings(t *testing.T) {
	file := written(t, "garbage", "no certificate")
	for want, s := range map[string]auth.Settings{
		"must begin with ldap://":     {LDAP: "http://localhost/dc=example"},
		"the host is missing":         {LDAP: "ldap:///dc=example"},
		"the base DN is missing":      {LDAP: "ldap://localhost"},
		"must not contain a user":     {LDAP: "ldap://me:hush@localhost/dc=example"},
		`scope "base" is not`:         {LDAP: "ldap://localhost/dc=example?uid?base"},
		`filter "(uid"`:               {LDAP: "ldap://localhost/dc=example?uid?sub?(uid"},
		"StartTLS cannot be used":     {LDAP: "ldaps://localhost/dc=example", StartTLS: true},
		"contains no PEM certificate": {LDAP: "ldap://localhost/dc=example", CA: file},
		"reading the CA certificates": {LDAP: "ldap://localhost/dc=example", CA: file + "-none"},
		"reading the password file":   {File: file + "-none"},
		"LDAP URL: ":                  {LDAP: "ldap://local host/"},
	} {
		if _, err := s.Open(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") {
			t.Errorf("Open() of %+v = %v, want %q", s, err, want)
		}
	}
	t.Setenv(contract.EnvAuthCache, "soon")
	if _, err := auth.FromEnvironment(); err == nil || !strings.Contains(err.Error(), `AUTH_LDAP_CACHE is "soon"`) {
		t.Errorf("FromEnvironment() = %v, want an error that names the variable and its value", err)
	}
}

// A relaying is a TCP proxy that can close all its connections.
type relaying struct {
	addr string
	ln   net.Listener
	mu   sync.Mutex
	open []net.Conn
}

func relay(t *testing.T, to string) *relaying {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relaying{addr: ln.Addr().String(), ln: ln}
	t.Cleanup(r.close)
	go func() {
		for {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", to)
			if err != nil {
				in.Close()
				continue
			}
			r.mu.Lock()
			r.open = append(r.open, in, out)
			r.mu.Unlock()
			go io.Copy(in, out)
			go io.Copy(out, in)
		}
	}()
	return r
}

func (r *relaying) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		c.Close()
	}
	r.open = nil
}

func (r *relaying) close() {
	r.ln.Close()
	r.cut()
}
