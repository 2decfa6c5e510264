package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/tg123/go-htpasswd"
)

// A File has the users of a password file, and the groups of a group file. Both have the formats of Apache's programs:
// lines of "name:hash" that htpasswd makes, and lines of "group: name name". It reads them anew when they have changed.
type File struct {
	path, groups string

	mu      sync.Mutex
	read    [2]version // of path and groups, when they were read; the zero value if there is none
	users   map[string]htpasswd.EncodedPasswd
	decoy   htpasswd.EncodedPasswd // what is compared for a name that is not there, so that it takes as long
	members map[string][]string    // the groups of each user
}

var _ Authenticator = (*File)(nil)

// NewFile reads the password file, and the group file, if groups is not "".
func NewFile(path, groups string) (*File, error) {
	f := &File{path: path, groups: groups}
	return f, f.refresh()
}

// Authenticate compares in constant time, also for a name that is not there.
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

// refresh reads what has changed. Mu is held.
func (f *File) refresh() error {
	if f.users != nil && f.read[0].holds(f.path) && (f.groups == "" || f.read[1].holds(f.groups)) {
		return nil
	}
	if err := f.load(); err != nil {
		f.users = nil // so that nobody is let in by what was there before
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
		text, _, _ := strings.Cut(rest, ":") // Apache takes no more, either
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

// maxFile is how many bytes a password or a group file may have: some hundred thousand users.
const maxFile = 16 << 20

// lines calls what for each line "name:rest" of a file, comments and empty ones aside. Its errors name the line, and
// nothing of what is in it.
func lines(path string, what func(name, rest string) error) (version, error) {
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
			err = errors.New(`want "name:" and what belongs to it`)
		} else {
			err = what(strings.TrimSpace(name), rest)
		}
		if err != nil {
			return v, fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return v, nil
}
