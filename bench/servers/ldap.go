package servers

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"

	"github.com/go-ldap/ldap/v3"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/units"
)

// LDAP describes the LDAP server to start.
type LDAP struct {
	Command []string // command of a server with an empty directory in memory, such as forktax directory; nil starts slapd
	TLS     bool     // the server speaks only TLS, with a certificate of its own
	// StartFunc, if set, starts the server in a chosen way, such as on certain cores. It calls start once.
	StartFunc func(start func() error) error
}

// An LDAPServer is an LDAP server in which each target gets an entry of its own.
type LDAPServer struct {
	*serverDir
	kind      string
	process   *process.Process
	url       *url.URL // URL with the administrator's name and password
	tlsConfig *tls.Config

	mu      sync.Mutex
	targets int
}

// The initial content of the server.
const (
	ldapSuffix = "dc=forktax"
	ldapAdmin  = "cn=admin," + ldapSuffix
)

// Start starts the server and waits until it can be used.
func (d LDAP) Start(ctx context.Context) (s *LDAPServer, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit,
		fmt.Errorf("it was not ready within %s", units.Span(readyLimit)))
	defer cancel()
	s = &LDAPServer{kind: "slapd", url: &url.URL{Scheme: "ldap", Path: "/" + ldapSuffix}}
	user := "openldap"
	if d.Command != nil {
		s.kind, user = "directory", ""
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("starting %s: %w", s.kind, err), s.Stop())
		}
	}()
	if s.serverDir, err = newServerDir(s.kind, user); err != nil {
		return s, err
	}
	if d.TLS {
		if err := s.enableTLS(); err != nil {
			return s, err
		}
	}
	port, err := process.FreePort()
	if err != nil {
		return s, err
	}
	password := rand.Text()
	s.url.Host, s.url.User = fmt.Sprint("127.0.0.1:", port), url.UserPassword(ldapAdmin, password)
	var cmd *exec.Cmd
	if d.Command == nil {
		cmd, err = s.slapdCommand(ctx, d.TLS, password)
	} else {
		cmd, err = s.memoryCommand(d.Command, d.TLS, password)
	}
	if err != nil {
		return s, err
	}
	if s.process, err = s.start(cmd, d.StartFunc); err != nil {
		return s, err
	}
	s.process.AnyExit = true
	s.watchdog.watch(s.process.PID())
	return s, s.waitReady(ctx)
}

// memoryCommand returns the command of the server in memory. It runs as the user of this process: another user might
// not be able to read the program.
func (s *LDAPServer) memoryCommand(command []string, secure bool, password string) (*exec.Cmd, error) {
	file := filepath.Join(s.dir, "password")
	if err := s.runAs.writeFile(file, []byte(password)); err != nil {
		return nil, err
	}
	args := append(slices.Clone(command[1:]), "--addr", s.url.Host, "--suffix", ldapSuffix, "--admin", ldapAdmin,
		"--password", file)
	if secure {
		args = append(args, "--secure", "--certificate", s.CA(), "--key", filepath.Join(s.dir, "server.key"))
	}
	return s.command(command[0], args...), nil
}

// enableTLS makes a certificate that clients trust.
func (s *LDAPServer) enableTLS() error {
	if err := s.makeCertificate(); err != nil {
		return err
	}
	text, err := os.ReadFile(s.CA())
	if err != nil {
		return err
	}
	s.url.Scheme, s.tlsConfig = "ldaps", &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1"}
	s.tlsConfig.RootCAs.AppendCertsFromPEM(text)
	return nil
}

// CA returns the path of the file with the certificate to trust.
func (s *LDAPServer) CA() string { return filepath.Join(s.dir, "server.crt") }

// waitReady waits until the administrator can bind.
func (s *LDAPServer) waitReady(ctx context.Context) error {
	return process.Until(ctx, func() error {
		c, err := s.connect()
		if err == nil {
			c.Close()
		}
		return err
	}, s.process)
}

func (s *LDAPServer) connect() (*ldap.Conn, error) {
	c, err := ldap.DialURL(s.URL(), ldap.DialWithTLSConfig(s.tlsConfig))
	if err != nil {
		return nil, err
	}
	c.SetTimeout(stopLimit)
	password, _ := s.url.User.Password()
	if err := c.Bind(ldapAdmin, password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Provision makes an entry below which one target has its data, and returns the URL by which to add to it. The URL's
// query names the certificate to trust, if the server speaks TLS. Remove does nothing, since the server ends with the
// run.
func (s *LDAPServer) Provision(context.Context) (text string, remove func() error, err error) {
	c, err := s.connect()
	if err != nil {
		return "", nil, fmt.Errorf("connecting to %s: %w", s.kind, err)
	}
	defer c.Close()
	s.mu.Lock()
	s.targets++
	unit := fmt.Sprint("target", s.targets)
	s.mu.Unlock()
	dn := fmt.Sprintf("ou=%s,%s", unit, ldapSuffix)
	request := ldap.NewAddRequest(dn, nil)
	request.Attribute("objectClass", []string{"organizationalUnit"})
	request.Attribute("ou", []string{unit})
	if err := c.Add(request); err != nil {
		return "", nil, fmt.Errorf("adding %s: %w", dn, err)
	}
	u := *s.url
	u.Path = "/" + dn
	if s.tlsConfig != nil {
		u.RawQuery = url.Values{"ca": {s.CA()}}.Encode()
	}
	return u.String(), func() error { return nil }, nil
}

// URL returns the URL of the server, without a name and a password.
func (s *LDAPServer) URL() string { return s.url.Scheme + "://" + s.url.Host }

// CPU returns the CPU time that the server has used so far, in nanoseconds. Known reports whether it could be read.
func (s *LDAPServer) CPU() (ns int64, known bool) { return s.nsAtRest(s.process.PID()) }

// Description describes the server for the record of a run, without the password.
func (s *LDAPServer) Description(context.Context) (*record.Database, error) {
	u := *s.url
	u.User = url.User(ldapAdmin)
	return &record.Database{Kind: "ldap", URL: u.String(), Private: true, Version: s.kind,
		CPUResolutionNS: s.resolution(s.process.PID())}, nil
}

// Stop ends the server and removes its files.
func (s *LDAPServer) Stop() error { return s.stopAndRemove(s.process) }
