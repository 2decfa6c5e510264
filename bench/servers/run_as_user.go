package servers

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
)

// A runAsUser is the user that servers run as which refuse to run as root. Nil means the user of this process.
type runAsUser struct{ uid, gid uint32 }

// newRunAsUser finds one if we are root: the user that the server's package made, or nobody. A server without a name
// for it runs as we do.
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
		return nil, fmt.Errorf("choosing an unprivileged user: %w", err)
	}
	return s, nil
}

// sysProcAttr are those of a process that runs as the user.
func (s *runAsUser) sysProcAttr() *syscall.SysProcAttr {
	if s == nil {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: s.uid, Gid: s.gid}}
}

// makeTempDir makes a directory that the user owns and can reach: root's own folders for temporary files may be closed
// to others.
func (s *runAsUser) makeTempDir(pattern string) (string, error) {
	parent := os.TempDir()
	if s != nil && !isTraversable(parent) {
		parent = "/tmp"
	}
	dir, err := os.MkdirTemp(parent, pattern)
	if err != nil {
		return "", fmt.Errorf("making a folder: %w", err)
	}
	return dir, s.chown(dir)
}

// isTraversable reports whether every user can pass through the folder, and through those above it.
func isTraversable(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&0o001 == 0 {
		return false
	}
	above := filepath.Dir(dir)
	return above == dir || isTraversable(above)
}

// writeFile makes a file of the user's that no other can read.
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
