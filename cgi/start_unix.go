//go:build unix

package cgi

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// startByLibrary is like start, by package syscall, for systems for which there is no vfork of the host.
func (p *program) startByLibrary(files [3]int) (pid int, err error) {
	defer closeAll(files)
	if l := p.limits; l.CPU > 0 || l.Memory > 0 || l.Processes > 0 {
		return 0, fmt.Errorf("limits on a child's resources: %w on this system; Linux 5.9 has them", errors.ErrUnsupported)
	}
	attr := syscall.ProcAttr{Dir: p.dir, Env: p.env, Sys: &syscall.SysProcAttr{Setpgid: true}}
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
	pid, err = syscall.ForkExec(p.path, p.args, &attr)
	if err != nil {
		return 0, &os.PathError{Op: "fork/exec", Path: p.path, Err: err}
	}
	return pid, nil
}

func closeAll(files [3]int) {
	for _, fd := range files {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
	}
}
