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

// Auth is who may pass: the settings of package auth.
type Auth struct {
	File, GroupFile            string // password file, and groups of its users
	LDAP                       string // URL of a directory
	BindName, BindPasswordFile string // for searches; "": anonymous
	GroupBase                  string // entry below which the directory has groups
	CAFile                     string // certificates to trust
	StartTLS                   bool
	Cache                      time.Duration // for how long a right password is not asked for again
	Realm, Group               string
}

// authWorkload is the program that asks in front of any server.
const authWorkload = "authproxy"

// Enabled reports whether clients have to authenticate.
func (a *Auth) Enabled() bool { return a.File != "" || a.LDAP != "" }

// Validate returns an error of the first of the given flags that is invalid, or that means nothing without others.
func (a *Auth) Validate(given []string) error {
	for _, flag := range given {
		needs := map[bool]string{true: "auth-ldap", false: "auth-file"}[strings.HasPrefix(flag, "auth-ldap-")]
		missing := needs == "auth-ldap" && a.LDAP == "" || flag == "auth-group-file" && a.File == "" || !a.Enabled()
		if strings.HasPrefix(flag, "auth-") && missing {
			return subject.Unusable("--%s is for --%s", flag, needs)
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
			return subject.Unusable("--%s: %s is not a regular file, which is needed", file.flag, file.path)
		}
	}
	return nil
}

// maxPasswordFile is how many bytes a file with one password may have.
const maxPasswordFile = 64 << 10

// environment is that of a program that asks.
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
