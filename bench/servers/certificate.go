package servers

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"path/filepath"
	"time"
)

// makeCertificate writes a key and a self-signed certificate, valid for a year, to server.key and server.crt. Clients
// trust the certificate.
func (h *serverDir) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	now := time.Now()
	subject := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "forktax, for one run"},
		NotBefore:    now.Add(-time.Hour), // clocks may differ
		NotAfter:     now.AddDate(1, 0, 0),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IsCA:         true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, subject, subject, key.Public(), key)
	secret, failed := x509.MarshalPKCS8PrivateKey(key)
	if err := errors.Join(err, failed); err != nil {
		return fmt.Errorf("making a certificate: %w", err)
	}
	for name, block := range map[string]*pem.Block{
		"server.crt": {Type: "CERTIFICATE", Bytes: certificate},
		"server.key": {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := h.runAs.writeFile(filepath.Join(h.dir, name), pem.EncodeToMemory(block)); err != nil {
			return err
		}
	}
	return nil
}
