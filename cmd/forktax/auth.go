package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// authOptions say who may pass: the variables of package auth, as flags.
type authOptions struct {
	file, groupFile, ldap, name, passwordFile, groups, ca string
	startTLS                                              bool
	cache                                                 time.Duration
	realm, group                                          string
}

// gateWorkload is the program that asks in front of any server; urlVariable tells it which.
const (
	gateWorkload = "authproxy"
	urlVariable  = "AUTHPROXY_URL"
)

func (o *authOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.file, "auth-file", "", "let in only who is in this password file, as htpasswd makes it")
	f.StringVar(&o.groupFile, "auth-group-file", "", "of --auth-file: who is in which group, as lines of \"group: name name\"")
	f.StringVar(&o.ldap, "auth-ldap", "", "let in only who is in this directory, as ldap://host:port/base?attribute?sub?filter; after "+
		"--auth-file, if that has not the name")
	f.StringVar(&o.name, "auth-ldap-name", "", "of --auth-ldap: as whom to search; by default as nobody")
	f.StringVar(&o.passwordFile, "auth-ldap-password-file", "", "of --auth-ldap: the file with the password of that name")
	f.StringVar(&o.groups, "auth-ldap-groups", "", "of --auth-ldap: the entry below which it has groups (groupOfNames)")
	f.StringVar(&o.ca, "auth-ldap-ca", "", "of --auth-ldap: the file with the certificates (PEM) to trust; by default those of the system")
	f.BoolVar(&o.startTLS, "auth-ldap-starttls", false, "of --auth-ldap: turn to TLS before anything is said")
	f.DurationVar(&o.cache, "auth-ldap-cache", 0, "of --auth-ldap: for how long a password that was right is not asked for again")
	f.StringVar(&o.realm, "auth-realm", "", "what clients are told that they ask for")
	f.StringVar(&o.group, "auth-group", "", "let in only who is in this group; others who are known get status 403")
}

// wanted says whether anybody is to be asked who they are.
func (o *authOptions) wanted() bool { return o.file != "" || o.ldap != "" }

func (o *authOptions) check(f *pflag.FlagSet) error {
	var err error
	f.Visit(func(f *pflag.Flag) {
		needs := map[bool]string{true: "auth-ldap", false: "auth-file"}[strings.HasPrefix(f.Name, "auth-ldap-")]
		missing := needs == "auth-ldap" && o.ldap == "" || f.Name == "auth-group-file" && o.file == "" || !o.wanted()
		if strings.HasPrefix(f.Name, "auth-") && missing && err == nil {
			err = usagef("--%s is for --%s", f.Name, needs)
		}
	})
	if err != nil {
		return err
	}
	for _, file := range []struct{ flag, path string }{{"auth-file", o.file}, {"auth-group-file", o.groupFile},
		{"auth-ldap-password-file", o.passwordFile}, {"auth-ldap-ca", o.ca}} {
		if file.path == "" {
			continue
		}
		if info, err := os.Stat(file.path); err != nil {
			return usagef("--%s: %w", file.flag, err)
		} else if info.IsDir() {
			return usagef("--%s %s is a folder", file.flag, file.path)
		}
	}
	return nil
}

// environment is that of a program that asks.
func (o *authOptions) environment() (map[string]string, error) {
	env := map[string]string{"AUTH_LDAP": o.ldap, "AUTH_LDAP_NAME": o.name, "AUTH_LDAP_GROUPS": o.groups, "AUTH_REALM": o.realm,
		"AUTH_GROUP": o.group}
	var err error
	for variable, path := range map[string]string{"AUTH_FILE": o.file, "AUTH_GROUP_FILE": o.groupFile, "AUTH_LDAP_CA": o.ca} {
		if path == "" {
			continue
		}
		if env[variable], err = filepath.Abs(path); err != nil {
			return nil, fmt.Errorf("finding %s: %w", path, err)
		}
	}
	if o.passwordFile != "" {
		text, err := os.ReadFile(o.passwordFile)
		if err != nil {
			return nil, usagef("--auth-ldap-password-file: %w", err)
		}
		env["AUTH_LDAP_PASSWORD"] = strings.TrimRight(string(text), "\r\n")
	}
	if o.startTLS {
		env["AUTH_LDAP_STARTTLS"] = "1"
	}
	if o.cache > 0 {
		env["AUTH_LDAP_CACHE"] = o.cache.String()
	}
	return env, nil
}
