package auth

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/tg123/go-htpasswd"
)

// A File has the users of a password file, and the groups of a group file. Both have the formats of Apache's programs:
// lines of "name:hash" that htpasswd makes, and lines of "group: name name". It reads them anew when they have changed.
type File struct {
	path, groups string

	mu      sync.Mutex
	read    [2]os.FileInfo // of path and groups, when they were read; nil if there is none
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

// formats are those of htpasswd, but for plain text: what is no hash that is known would be taken for that.
var formats = []htpasswd.PasswdParser{htpasswd.AcceptMd5, htpasswd.AcceptSha, htpasswd.AcceptBcrypt, htpasswd.AcceptSsha,
	htpasswd.AcceptCryptSha}

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
	var now [2]os.FileInfo
	var err error
	if now[0], err = os.Stat(f.path); err != nil {
		return fmt.Errorf("reading the password file: %w", err)
	}
	if f.groups != "" {
		if now[1], err = os.Stat(f.groups); err != nil {
			return fmt.Errorf("reading the group file: %w", err)
		}
	}
	if f.users != nil && unchanged(now[0], f.read[0]) && unchanged(now[1], f.read[1]) {
		return nil
	}
	if err := f.load(); err != nil {
		f.users = nil // so that nobody is let in by what was there before
		return err
	}
	f.read = now
	return nil
}

// unchanged reports whether a file has the content that it had.
func unchanged(now, then os.FileInfo) bool {
	if now == nil || then == nil {
		return now == then
	}
	return now.Size() == then.Size() && now.ModTime().Equal(then.ModTime()) && os.SameFile(now, then)
}

func (f *File) load() error {
	users := map[string]htpasswd.EncodedPasswd{}
	f.decoy = nil
	err := lines(f.path, func(name, rest string) error {
		if _, twice := users[name]; twice {
			return fmt.Errorf("the name %q is there twice", name)
		}
		hash := parsed(rest)
		if hash == nil {
			return fmt.Errorf("the password of %q is in no format that is known: want bcrypt, MD5 (apr1), SHA-1, SHA-256 or "+
				"SHA-512, as htpasswd makes them; text that is not hashed is not taken", name)
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
		err = lines(f.groups, func(group, rest string) error {
			for _, name := range strings.Fields(rest) {
				members[name] = append(members[name], group)
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("reading the group file: %w", err)
		}
	}
	f.users, f.members = users, members
	return nil
}

func parsed(text string) htpasswd.EncodedPasswd {
	for _, format := range formats {
		if hash, err := format(text); err == nil && hash != nil {
			return hash
		}
	}
	return nil
}

// lines calls what for each line "name:rest" of a file, comments and empty ones aside.
func lines(path string, what func(name, rest string) error) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	in := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; in.Scan(); n++ {
		line := strings.TrimSpace(in.Text())
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
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return in.Err()
}
