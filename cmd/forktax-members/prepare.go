package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-ldap/ldap/v3"

	"forktax/auth"
	"forktax/workload/contract"
)

// passwords is the password file, made by htpasswd with passwordOf: bcrypt, except one MD5 and one SHA-1 hash.
//
//go:embed passwords
var passwords string

func passwordOf(user string) string { return "secret of " + user }

// note is the content of the static file.
const note = "The key is under the mat.\n"

// script is a CGI program that prints its user.
const script = `#!/bin/sh
printf 'Content-Type: text/plain; charset=utf-8\n\n%s %s\n' "$AUTH_TYPE" "$REMOTE_USER"
`

// group is the group that a user must be in. The user outsider of the password file is in no group.
const group = "readers"

const outsider = "edsger"

func scriptIn(dir string) string { return filepath.Join(dir, "script") }
func filesIn(dir string) string  { return filepath.Join(dir, "files") }

// prepared is the modification time of the static file, fixed to keep responses the same.
var prepared = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// prepare creates the files in dir, and the users of the LDAP server at contract.EnvDatabase.
func prepare(_ context.Context, dir string) (map[string]string, error) {
	env := map[string]string{
		dirVariable:               dir,
		contract.EnvAuthFile:      filepath.Join(dir, "passwords"),
		contract.EnvAuthGroupFile: filepath.Join(dir, "groups"),
		contract.EnvAuthGroup:     group,
	}
	var readers []string
	for line := range strings.Lines(passwords) {
		if name, _, _ := strings.Cut(line, ":"); name != outsider {
			readers = append(readers, name)
		}
	}
	file := filepath.Join(filesIn(dir), "note.txt")
	err := errors.Join(
		os.MkdirAll(filesIn(dir), 0o755),
		os.WriteFile(env[contract.EnvAuthFile], []byte(passwords), 0o600),
		os.WriteFile(env[contract.EnvAuthGroupFile], []byte(group+": "+strings.Join(readers, " ")+"\n"), 0o600),
		os.WriteFile(scriptIn(dir), []byte(script), 0o755),
		os.WriteFile(file, []byte(note), 0o644),
		os.Chtimes(file, prepared, prepared))
	if err != nil {
		return nil, fmt.Errorf("creating the files: %w", err)
	}
	if err := prepareDirectory(env); err != nil {
		return nil, fmt.Errorf("creating the users of the LDAP server: %w", err)
	}
	return env, nil
}

// inDirectory returns the users of the LDAP server.
func inDirectory() []string {
	users := []string{"grace"}
	for i := len(users); i < 100; i++ {
		users = append(users, fmt.Sprintf("person%02d", i))
	}
	return users
}

// prepareDirectory adds the users and their group below the base DN of the URL, and sets the variables for them in env.
func prepareDirectory(env map[string]string) error {
	text := os.Getenv(contract.EnvDatabase)
	if text == "" {
		return errors.New(contract.EnvDatabase + " is not set: want the URL of an LDAP server, as set by forktax")
	}
	u, err := url.Parse(text)
	if err != nil {
		return errors.New(contract.EnvDatabase + " is not a valid URL") // err contains the password
	}
	base := strings.TrimPrefix(u.Path, "/")
	c, err := connect(u)
	if err != nil {
		return err
	}
	defer c.Close()
	people, groups := "ou=people,"+base, "ou=groups,"+base
	var dns []string
	err = errors.Join(add(c, people, "organizationalUnit", "ou", "people"),
		add(c, groups, "organizationalUnit", "ou", "groups"))
	for _, name := range inDirectory() {
		dn := fmt.Sprintf("uid=%s,%s", name, people)
		dns = append(dns, dn)
		err = errors.Join(err,
			add(c, dn, "inetOrgPerson", "uid", name, "cn", name, "sn", name, "userPassword", passwordOf(name)))
	}
	request := ldap.NewAddRequest(fmt.Sprintf("cn=%s,%s", group, groups), nil)
	request.Attribute("objectClass", []string{"groupOfNames"})
	request.Attribute("cn", []string{group})
	request.Attribute("member", dns)
	if err = errors.Join(err, c.Add(request)); err != nil {
		return err
	}
	env[contract.EnvAuthLDAP] = (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/" + people, RawQuery: "uid"}).String()
	env[contract.EnvAuthGroups] = groups
	if ca := u.Query().Get("ca"); ca != "" {
		env[contract.EnvAuthCA] = ca
	}
	return nil
}

// connect opens a connection to the LDAP server with a bind as the user of the URL, who may add entries.
func connect(u *url.URL) (*ldap.Conn, error) {
	trusted, err := auth.TLSConfig(u.Query().Get("ca"), u.Hostname())
	if err != nil {
		return nil, err
	}
	c, err := ldap.DialURL((&url.URL{Scheme: u.Scheme, Host: u.Host}).String(), ldap.DialWithTLSConfig(trusted))
	if err != nil {
		return nil, err
	}
	password, _ := u.User.Password()
	if err := c.Bind(u.User.Username(), password); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// add adds an entry; attributes are pairs of a name and a value.
func add(c *ldap.Conn, dn, class string, attributes ...string) error {
	request := ldap.NewAddRequest(dn, nil)
	request.Attribute("objectClass", []string{class})
	for i := 0; i < len(attributes); i += 2 {
		request.Attribute(attributes[i], []string{attributes[i+1]})
	}
	return c.Add(request)
}
