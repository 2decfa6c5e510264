//go:build unix

package spawn

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// startByLibrary does the same as start by package syscall. It is used where the vfork of this package is not
// available.
func (p *Program) startByLibrary(files [3]int) (pid int, err error) {
	defer Close(files[:]...)
	if l := p.Limits; l.CPU > 0 || l.Memory > 0 || l.Processes > 0 {
		return 0, fmt.Errorf("limits on a child's resources: %w on this system; Linux 5.9 has them, unless a sandbox "+
			"refuses clone3 or close_range", errors.ErrUnsupported)
	}
	keepInherited()
	attr := syscall.ProcAttr{Dir: p.Dir, Env: p.Env, Sys: attributes()}
	for _, fd := range files {
		if fd < 0 {
			null, err := os.Open(os.DevNull)
			if err != nil {
				return 0, err
			}
			defer null.Close()
			fd = int(null.Fd())
		}
		attr.Files = append(attr.Files, uintptr(fd))
	}
	pid, err = syscall.ForkExec(p.Path, p.Args, &attr)
	if err != nil {
		return 0, &os.PathError{Op: "fork/exec", Path: p.Path, Err: err}
	}
	return pid, nil
}

// keepInherited has children not inherit the files that this process has inherited itself.
var keepInherited = sync.OnceFunc(closeAllOnExec)

func closeAllOnExec() {
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, name := range names {
		if fd, err := strconv.Atoi(name); err == nil && fd > syscall.Stderr {
			syscall.CloseOnExec(fd)
		}
	}
}

// SocketPair returns two connected sockets. One is for a child; it blocks. The other, ours, does not.
func SocketPair() (own, child int, err error) {
	syscall.ForkLock.RLock()
	ends, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, 0, os.NewSyscallError("socketpair", err)
	}
	return ends[0], ends[1], os.NewSyscallError("fcntl", syscall.SetNonblock(ends[0], true))
}

// Duplicate returns another descriptor of the same open file.
func Duplicate(fd int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	another, err := syscall.Dup(fd)
	if err != nil {
		return 0, os.NewSyscallError("dup", err)
	}
	syscall.CloseOnExec(another)
	return another, nil
}

// IsListening reports whether a descriptor is a socket that accepts connections.
func IsListening(fd int) bool {
	accepts, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	return err == nil && accepts != 0
}
