//go:build unix

package spawn

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// startByLibrary does the same as start by package syscall. It is used where the vfork of this package is not
// available.
func (p *Program) startByLibrary(files [3]int) (pid int, err error) {
	defer Close(files[:]...)
	if l := p.Limits; l.CPU > 0 || l.Memory > 0 || l.Processes > 0 {
		return 0, fmt.Errorf("limits on a child's resources: %w on this system; Linux 5.9 has them", errors.ErrUnsupported)
	}
	attr := syscall.ProcAttr{Dir: p.Dir, Env: p.Env, Sys: &syscall.SysProcAttr{Setpgid: true}}
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

func CloseAll(files [3]int) {
	for _, fd := range files {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
	}
}
