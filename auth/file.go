package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tg123/go-htpasswd"
)

// A File authenticates the users of a password file, with the groups of a group file. The formats are those of Apache:
// lines "name:hash" as written by htpasswd, and lines "group: name name". The hash is bcrypt, MD5 (apr1), SHA-1,
// SHA-256 or SHA-512. A File reads the files again when they have changed. It is safe for concurrent use.
type File struct {
	path, groups string

	mu      sync.Mutex
	read    [2]version // of path and groups when they were read; zero if there is no such file
	users   map[string]htpasswd.EncodedPasswd
	decoy   htpasswd.EncodedPasswd // compared for unknown names, so that they take the same time
	members map[string][]string    // the groups of each user
}

var _ Authenticator = (*File)(nil)

// NewFile reads the password file path and the group file groups; an empty groups means none. It returns an error if a
// file cannot be read, is larger than 16 MiB, or has an invalid line. The error has the line number, but no content.
func NewFile(path, groups string) (*File, error) {
	f := &File{path: path, groups: groups}
	return f, f.refresh()
}

// Authenticate implements [Authenticator]. An unknown name takes the same time as a known one. It returns an error if
// the files have changed and cannot be read; then no user is authenticated until they are valid again.
func (f *File) Authenticate(_ context.Context, name, password string) (Result, []string, error) {
	f.mu.Lock()
	err := f.refresh()
	hash, known := f.users[name]
	if !known {
		hash = f.decoy
	}
	groups := f.members[name]
	f.mu.Unlock()
	if err != nil {
		return Declined, nil, err
	}
	matches := hash != nil && hash.MatchesPassword(password)
	switch {
	case !known:
		return Declined, nil, nil
	case !matches:
		return Refused, nil, nil
	default:
		return Known, groups, nil
	}
}

// refresh reads the files if they have changed. Mu must be held.
func (f *File) refresh() error {
	if f.users != nil && f.read[0].holds(f.path) && (f.groups == "" || f.read[1].holds(f.groups)) {
		return nil
	}
	if err := f.load(); err != nil {
		f.users = nil // the previous users are no longer valid
		return err
	}
	return nil
}

func (f *File) load() error {
	users := map[string]htpasswd.EncodedPasswd{}
	f.decoy = nil
	var read [2]version
	var err error
	read[0], err = lines(f.path, func(name, rest string) error {
		if _, twice := users[name]; twice {
			return errors.New("duplicate name")
		}
		text, _, _ := strings.Cut(rest, ":") // Apache ignores further fields, too
		hash, err := parseHash(text)
		if err != nil {
			return err
		}
		if f.decoy == nil {
			f.decoy = hash
		}
		users[name] = hash
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading the password file: %w", err)
	}
	members := map[string][]string{}
	if f.groups != "" {
		read[1], err = lines(f.groups, func(group, rest string) error {
			for _, name := range strings.Fields(rest) {
				members[name] = append(members[name], group)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("reading the group file: %w", err)
		}
	}
	f.users, f.members, f.read = users, members, read
	return nil
}

// maxFile is the largest size in bytes of a password or group file, enough for some hundred thousand users.
const maxFile = 16 << 20

// lines calls f for each line "name:rest" of a file, except comments and empty lines. Its errors have the number of the
// line, but nothing of its content.
func lines(path string, f func(name, rest string) error) (version, error) {
	v, text, err := readVersion(path)
	if err != nil {
		return v, err
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, rest, ok := strings.Cut(line, ":")
		if !ok || name == "" {
			err = errors.New(`invalid line; want "name:" and a value`)
		} else {
			err = f(strings.TrimSpace(name), rest)
		}
		if err != nil {
			return v, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return v, nil
}
