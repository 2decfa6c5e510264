package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"forktax/bench/process"
)

// slapdProgram returns the path of OpenLDAP's server, on PATH or where Debian puts it.
func slapdProgram() (string, error) { return process.Find("slapd", "slapd", "/usr/sbin") }

// SlapdInstalled returns a *process.NotInstalledError if slapd is not installed, otherwise nil.
func SlapdInstalled() error {
	_, err := slapdProgram()
	return err
}

// slapdConfig allows any client to search, and no client to read a password.
const slapdConfig = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {{.Dir}}/pid
{{if .TLS}}TLSCertificateFile {{.Dir}}/server.crt
TLSCertificateKeyFile {{.Dir}}/server.key
{{end}}
database mdb
maxsize 1073741824
dbnosync
suffix "{{.Suffix}}"
rootdn "{{.Admin}}"
rootpw {{.Password}}
directory {{.Dir}}/data
index objectClass,uid,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by * read
`

// slapdCommand configures OpenLDAP's server, adds the root entry to its data, and returns its command.
func (s *LDAPServer) slapdCommand(ctx context.Context, secure bool, password string) (*exec.Cmd, error) {
	program, err := slapdProgram()
	if err != nil {
		return nil, fmt.Errorf("%w; or use --directory %s", err, InMemory)
	}
	config, err := expandTemplate(slapdConfig, map[string]any{"Dir": s.dir, "TLS": secure, "Suffix": ldapSuffix,
		"Admin": ldapAdmin, "Password": password})
	if err != nil {
		return nil, err
	}
	conf, data := filepath.Join(s.dir, "conf"), filepath.Join(s.dir, "data")
	err = errors.Join(s.runAs.writeFile(conf, []byte(config)), os.Mkdir(data, 0o700), s.runAs.chown(data))
	if err != nil {
		return nil, err
	}
	load := s.command(program, "-T", "add", "-f", conf)
	load.Stdin = strings.NewReader("dn: " + ldapSuffix +
		"\nobjectClass: dcObject\nobjectClass: organization\no: forktax\ndc: forktax\n")
	if _, err := process.Output(ctx, readyLimit, load); err != nil {
		return nil, fmt.Errorf("adding the root entry: %w", err)
	}
	return s.command(program, "-d", "0", "-h", s.url.Scheme+"://"+s.url.Host+"/", "-f", conf), nil
}
