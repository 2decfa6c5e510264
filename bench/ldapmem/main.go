package ldapmem

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"
)

// Main serves an empty directory as the flags say, until ctx ends. It is what package servers starts as a process of
// its own.
func Main(ctx context.Context, args []string) error {
	var s Server
	flags := flag.NewFlagSet("directory", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:1389", "where")
	flags.StringVar(&s.Suffix, "suffix", "dc=example", "the name of its highest entry")
	flags.StringVar(&s.Admin, "admin", "cn=admin,dc=example", "who may add entries")
	password := flags.String("password", "", "the file with the password of that name")
	certificate := flags.String("certificate", "", "the file with a certificate (PEM), for TLS")
	key := flags.String("key", "", "the file with its key")
	secure := flags.Bool("secure", false, "all connections speak TLS from their beginning")
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
