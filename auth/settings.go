package auth

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// Settings configure a [Middleware] with a password file, an LDAP server, or both. The zero value disables
// authentication; see [Settings.Enabled].
type Settings struct {
	// File is the path of the password file; see [File]. Empty means none.
	File string
	// GroupFile is the path of the group file; see [File]. Empty means none.
	GroupFile string
	// LDAP is the URL of an LDAP server, ldap://host:port/base?attribute?sub?filter (RFC 4516). Empty means none. The
	// attribute defaults to [DefaultAttribute]; the scope can only be sub.
	LDAP string
	// Name is the bind DN for searches. Empty means anonymous.
	Name string
	// Password is the password of Name.
	Password string
	// Groups is the base DN of groups. Empty means that groups are not searched.
	Groups string
	// CA is the path of a PEM file with the trusted CA certificates. Empty means those of the system.
	CA string
	// StartTLS upgrades an ldap:// connection to TLS.
	StartTLS bool
	// Cache is the lifetime of cached results; see [Directory].Cache.
	Cache time.Duration
	// Connection is called for each connection to the LDAP server. It may be nil.
	Connection func()
	// Realm is the realm of the challenge; see [Middleware].Realm.
	Realm string
	// Group is the group that a user must be in. Empty means that any user may pass.
	Group string
}

// Variables are the names of the environment variables that [FromEnvironment] reads.
var Variables = []string{contract.EnvAuthFile, contract.EnvAuthGroupFile, contract.EnvAuthLDAP,
	contract.EnvAuthName, contract.EnvAuthPassword, contract.EnvAuthGroups, contract.EnvAuthCA,
	contract.EnvAuthStartTLS, contract.EnvAuthCache, contract.EnvAuthRealm, contract.EnvAuthGroup}

// FromEnvironment returns the settings in the environment of this process; see [Variables]. It returns an error if the
// cache lifetime is not a duration of 0 or more.
func FromEnvironment() (Settings, error) {
	s := Settings{
		File: os.Getenv(contract.EnvAuthFile), GroupFile: os.Getenv(contract.EnvAuthGroupFile),
		LDAP: os.Getenv(contract.EnvAuthLDAP), Name: os.Getenv(contract.EnvAuthName),
		Password: os.Getenv(contract.EnvAuthPassword), Groups: os.Getenv(contract.EnvAuthGroups),
		CA: os.Getenv(contract.EnvAuthCA), StartTLS: os.Getenv(contract.EnvAuthStartTLS) != "",
		Realm: os.Getenv(contract.EnvAuthRealm), Group: os.Getenv(contract.EnvAuthGroup),
	}
	if text := os.Getenv(contract.EnvAuthCache); text != "" {
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return s, fmt.Errorf("%s is %q: must be a duration, such as 30s", contract.EnvAuthCache, text)
		}
		s.Cache = d
	}
	return s, nil
}

// Enabled reports whether there is a password file or an LDAP server.
func (s Settings) Enabled() bool { return s.File != "" || s.LDAP != "" }

// An Opened is the state of [Settings] that does not depend on connections. It is safe for concurrent use.
type Opened struct {
	settings  Settings
	file      *File      // may be nil
	directory *Directory // without connections; may be nil
}

// Open reads the password file and the group file, and parses the URL of the LDAP server. It does not connect to the
// server. It returns an error if a file cannot be read or has an invalid line, or if the URL is invalid.
func (s Settings) Open() (*Opened, error) {
	o := &Opened{settings: s}
	var err error
	if s.File != "" {
		if o.file, err = NewFile(s.File, s.GroupFile); err != nil {
			return nil, err
		}
	}
	if s.LDAP != "" {
		o.directory, err = s.directory()
	}
	return o, err
}

// Middleware returns a [Middleware] in front of next, which asks the password file and then the LDAP server. It opens
// its own connections to the server; shut closes them.
func (o *Opened) Middleware(next http.Handler) (m *Middleware, shut func() error) {
	var chain Chain
	shut = func() error { return nil }
	if o.file != nil {
		chain = append(chain, o.file)
	}
	if o.directory != nil {
		d := o.directory.clone()
		chain, shut = append(chain, d), d.Close
	}
	return &Middleware{Realm: o.settings.Realm, Group: o.settings.Group, Users: chain, Next: next}, shut
}

// maxIdle is the number of idle sessions that a long-running process keeps. It equals the clients of a default run.
const maxIdle = 8

// directory parses the URL of the LDAP server.
func (s Settings) directory() (*Directory, error) {
	u, err := url.Parse(s.LDAP)
	if err != nil {
		return nil, fmt.Errorf("LDAP URL: %w", err)
	}
	d := &Directory{Name: s.Name, Password: s.Password, Groups: s.Groups, MaxIdle: maxIdle, Cache: s.Cache,
		StartTLS: s.StartTLS, Opened: s.Connection, Base: strings.TrimPrefix(u.Path, "/"),
		URL: (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()}
	wrong := func(what string) error {
		return fmt.Errorf("LDAP URL %s: %s; want a URL such as ldap://localhost:389/ou=people,dc=example?uid",
			u.Redacted(), what)
	}
	parts := append(strings.Split(u.RawQuery, "?"), "", "", "")
	for i := range parts {
		if parts[i], err = url.PathUnescape(parts[i]); err != nil {
			return nil, wrong(err.Error())
		}
	}
	d.Attribute, d.Filter = parts[0], parts[2]
	switch {
	case u.Scheme != "ldap" && u.Scheme != "ldaps":
		return nil, wrong("must begin with ldap:// or ldaps://")
	case u.Hostname() == "":
		return nil, wrong("the host is missing")
	case u.User != nil:
		return nil, wrong("must not contain a user; the bind DN and its password have their own settings")
	case d.Base == "":
		return nil, wrong("the base DN is missing")
	case parts[1] != "" && parts[1] != "sub":
		return nil, wrong(fmt.Sprintf("scope %q is not supported, only sub", parts[1]))
	case s.StartTLS && u.Scheme == "ldaps":
		return nil, wrong("StartTLS cannot be used with ldaps://")
	}
	if d.Filter != "" {
		if _, err := ldap.CompileFilter(d.Filter); err != nil {
			return nil, wrong(fmt.Sprintf("filter %q: %v", d.Filter, err))
		}
	}
	d.TLS, err = TLSConfig(s.CA, u.Hostname())
	return d, err
}

// TLSConfig returns a configuration for TLS 1.2 or later to host. It trusts the CA certificates in a PEM file, or those
// of the system if file is empty. It returns an error if the file cannot be read or has no certificate.
func TLSConfig(file, host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if file == "" {
		return config, nil
	}
	text, err := foreign.ReadFile(file, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading the CA certificates: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s contains no PEM certificate", file)
	}
	return config, nil
}
