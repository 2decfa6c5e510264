package ldapmem

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"
)

// Main serves an empty LDAP directory according to the flags, until ctx ends. Package servers runs it in a separate
// process.
func Main(ctx context.Context, args []string) error {
	var s Server
	flags := flag.NewFlagSet("directory", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:1389", "listen address")
	flags.StringVar(&s.Suffix, "suffix", "dc=example", "DN of the root entry")
	flags.StringVar(&s.Admin, "admin", "cn=admin,dc=example", "DN of the administrator, who may add entries")
	password := flags.String("password", "", "file with the administrator's password")
	certificate := flags.String("certificate", "", "file with a certificate (PEM), for TLS")
	key := flags.String("key", "", "file with the certificate's key (PEM)")
	secure := flags.Bool("secure", false, "use TLS for all connections from the start (ldaps)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secret, err := os.ReadFile(*password)
	if err != nil {
		return fmt.Errorf("reading the password: %w", err)
	}
	s.Password, s.Secure = string(secret), *secure
	if *certificate != "" {
		pair, err := tls.LoadX509KeyPair(*certificate, *key)
		if err != nil {
			return fmt.Errorf("reading the certificate: %w", err)
		}
		s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	return s.Serve(ctx, *addr)
}
