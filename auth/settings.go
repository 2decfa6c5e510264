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

// Settings say who knows the users, and what they may. Without a file and a URL there is nobody to be asked.
type Settings struct {
	File       string        // of passwords; see File
	GroupFile  string        // which says who is in which group
	LDAP       string        // the URL of a directory: ldap://host:port/base?attribute?sub?filter (RFC 4516)
	Name       string        // as whom to search it; "" for nobody
	Password   string        // of that name
	Groups     string        // below which it has groups
	CA         string        // a file with the certificates (PEM) of those who vouch for it; "" means the system's
	StartTLS   bool          // turns ldap to TLS
	Cache      time.Duration // see Directory
	Connection func()        // is called for each connection to the directory; may be nil
	Realm      string        // see Middleware
	Group      string        // that a user must be in; "" if any user may pass
}

// Variables are those of a program's environment that FromEnvironment reads.
var Variables = []string{contract.EnvAuthFile, contract.EnvAuthGroupFile, contract.EnvAuthLDAP,
	contract.EnvAuthName, contract.EnvAuthPassword, contract.EnvAuthGroups, contract.EnvAuthCA,
	contract.EnvAuthStartTLS, contract.EnvAuthCache, contract.EnvAuthRealm, contract.EnvAuthGroup}

// FromEnvironment reads the settings of this process.
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
			return s, fmt.Errorf("%s is %q: want a duration, such as 30s", contract.EnvAuthCache, text)
		}
		s.Cache = d
	}
	return s, nil
}

// Enabled reports whether there is anything to authenticate by.
func (s Settings) Enabled() bool { return s.File != "" || s.LDAP != "" }

// Opened is what a process keeps of the settings, besides connections.
type Opened struct {
	settings  Settings
	file      *File      // nil if there is none
	directory *Directory // likewise; without connections
}

// Open reads the password file, and what the URL of the directory says.
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

// Middleware asks the file, and then the directory, over connections of its own until it is closed.
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

// maxIdle is how many connections a resident process keeps, as many as the clients of a default run.
const maxIdle = 8

// directory reads the URL.
func (s Settings) directory() (*Directory, error) {
	u, err := url.Parse(s.LDAP)
	if err != nil {
		return nil, fmt.Errorf("the URL of the directory: %w", err)
	}
	d := &Directory{Name: s.Name, Password: s.Password, Groups: s.Groups, MaxIdle: maxIdle, Cache: s.Cache, StartTLS: s.StartTLS,
		Opened: s.Connection, Base: strings.TrimPrefix(u.Path, "/"), URL: (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()}
	wrong := func(what string) error {
		return fmt.Errorf("the URL of the directory, %s: %s; want such as ldap://localhost:389/ou=people,dc=example?uid", u.Redacted(), what)
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
		return nil, wrong("it begins with neither ldap:// nor ldaps://")
	case u.Hostname() == "":
		return nil, wrong("it names no host")
	case u.User != nil:
		return nil, wrong("it has a user in it, whose name and password have settings of their own")
	case d.Base == "":
		return nil, wrong("the base DN is missing")
	case parts[1] != "" && parts[1] != "sub":
		return nil, wrong(fmt.Sprintf("the scope %q is not sub", parts[1]))
	case s.StartTLS && u.Scheme == "ldaps":
		return nil, wrong("StartTLS cannot be used with ldaps://")
	}
	if d.Filter != "" {
		if _, err := ldap.CompileFilter(d.Filter); err != nil {
			return nil, wrong(fmt.Sprintf("the filter %q: %v", d.Filter, err))
		}
	}
	d.TLS, err = TLSConfig(s.CA, u.Hostname())
	return d, err
}

// TLSConfig is what is trusted of a server that speaks TLS: the certificates (PEM) in the file, or those of the system
// if it is "".
func TLSConfig(file, host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if file == "" {
		return config, nil
	}
	text, err := foreign.ReadFile(file, maxFile)
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of who vouches for the directory: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return config, nil
}
