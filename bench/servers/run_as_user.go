package servers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
)

// A runAsUser is the user of servers that refuse to run as root. Nil means the user of this process.
type runAsUser struct{ uid, gid uint32 }

// newRunAsUser returns an unprivileged user if this process runs as root: the named user, whom the server's package
// creates, or else "nobody". It returns nil if name is "".
func newRunAsUser(name string) (*runAsUser, error) {
	if os.Geteuid() != 0 || name == "" {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		u, err = user.Lookup("nobody")
	}
	s := &runAsUser{}
	if err == nil {
		_, err = fmt.Sscan(u.Uid+" "+u.Gid, &s.uid, &s.gid)
	}
	if err != nil {
		return nil, fmt.Errorf("choosing an unprivileged user, %s or nobody: %w", name, err)
	}
	return s, nil
}

// sysProcAttr returns the attributes of a process that runs as the user.
func (s *runAsUser) sysProcAttr() *syscall.SysProcAttr {
	if s == nil {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.uid, Gid: s.gid}}
}

// makeTempDir makes a directory that the user owns and can access: root's directory for temporary files may be closed
// to other users.
func (s *runAsUser) makeTempDir(pattern string) (string, error) {
	parent := os.TempDir()
	if s != nil && !isTraversable(parent) {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, pattern)
	if err != nil {
		return "", fmt.Errorf("making a temporary directory: %w", err)
	}
	return dir, s.chown(dir)
}

// isTraversable reports whether every user can traverse the directory and its parents.
func isTraversable(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&0o001 == 0 {
		return false
	}
	above := filepath.Dir(dir)
	return above == dir || isTraversable(above)
}

// writeFile makes a file that only the user can read.
func (s *runAsUser) writeFile(name string, content []byte) error {
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return err
	}
	return s.chown(name)
}

func (s *runAsUser) chown(name string) error {
	if s == nil {
		return nil
	}
	return os.Chown(name, int(s.uid), int(s.gid))
}
