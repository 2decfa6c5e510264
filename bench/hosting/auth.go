package hosting

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Auth has the settings of authentication; see package auth.
type Auth struct {
	File, GroupFile            string // password file, and groups of its users
	LDAP                       string // URL of an LDAP server
	BindName, BindPasswordFile string // credentials for searches; "": anonymous
	GroupBase                  string // base DN of groups
	CAFile                     string // certificates to trust
	StartTLS                   bool
	Cache                      time.Duration // time for which a correct password is cached
	Realm, Group               string
}

// authWorkload is the authentication proxy.
const authWorkload = "authproxy"

// Enabled reports whether clients must authenticate.
func (a *Auth) Enabled() bool { return a.File != "" || a.LDAP != "" }

// Validate returns an error for the first of the given flags that is invalid or requires another flag.
func (a *Auth) Validate(given []string) error {
	for _, flag := range given {
		needs := map[bool]string{true: "auth-ldap", false: "auth-file"}[strings.HasPrefix(flag, "auth-ldap-")]
		missing := needs == "auth-ldap" && a.LDAP == "" || flag == "auth-group-file" && a.File == "" || !a.Enabled()
		if strings.HasPrefix(flag, "auth-") && missing {
			return subject.Unusable("--%s requires --%s", flag, needs)
		}
	}
	for _, file := range []struct{ flag, path string }{{"auth-file", a.File}, {"auth-group-file", a.GroupFile},
		{"auth-ldap-password-file", a.BindPasswordFile}, {"auth-ldap-ca", a.CAFile}} {
		if file.path == "" {
			continue
		}
		if info, err := os.Stat(file.path); err != nil {
			return subject.Unusable("--%s: %w", file.flag, err)
		} else if !info.Mode().IsRegular() {
			return subject.Unusable("--%s: %s must be a regular file", file.flag, file.path)
		}
	}
	return nil
}

// maxPasswordFile is the size limit of a file with one password, in bytes.
const maxPasswordFile = 64 << 10

// environment returns the environment variables of a program that authenticates clients.
func (a *Auth) environment() (map[string]string, error) {
	env := map[string]string{contract.EnvAuthLDAP: a.LDAP, contract.EnvAuthName: a.BindName,
		contract.EnvAuthGroups: a.GroupBase, contract.EnvAuthRealm: a.Realm, contract.EnvAuthGroup: a.Group}
	var err error
	for variable, path := range map[string]string{contract.EnvAuthFile: a.File, contract.EnvAuthGroupFile: a.GroupFile,
		contract.EnvAuthCA: a.CAFile} {
		if path == "" {
			continue
		}
		if env[variable], err = filepath.Abs(path); err != nil {
			return nil, fmt.Errorf("finding %s: %w", path, err)
		}
	}
	if a.BindPasswordFile != "" {
		text, err := foreign.ReadFile(a.BindPasswordFile, maxPasswordFile)
		if err != nil {
			return nil, subject.Unusable("--auth-ldap-password-file: %w", err)
		}
		env[contract.EnvAuthPassword] = strings.TrimRight(string(text), "\r\n")
	}
	if a.StartTLS {
		env[contract.EnvAuthStartTLS] = "1"
	}
	if a.Cache > 0 {
		env[contract.EnvAuthCache] = a.Cache.String()
	}
	return env, nil
}
