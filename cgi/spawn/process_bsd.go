//go:build unix && !linux

package spawn

import (
	"os"
	"syscall"
)

// attributes are those of a child that package syscall starts.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func (p *Process) waitByDescriptor() bool { return false }

// Idle is not known on this system.
func Idle(int) bool { return true }

// Descendants returns the child alone: other processes are not looked for on this system.
func (p *Process) Descendants(string) []ID {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid == 0 || p.reaped {
		return nil
	}
	return []ID{{PID: p.pid}}
}

// Marked finds no processes on this system.
func Marked(string) []Found { return nil }

// Among finds no processes, either.
func Among([]int, string) []Found { return nil }

func (id ID) signal(s syscall.Signal) { _ = syscall.Kill(id.PID, s) } // fails if it has ended

// Tasks is unknown on this system.
func Tasks() int { return 0 }

// Pipe returns a pipe. One end is for a child; it blocks. The other, ours, does not: the read end if reads.
func Pipe(reads bool) (own, child int, err error) {
	var ends [2]int
	syscall.ForkLock.RLock()
	err = syscall.Pipe(ends[:])
	if err == nil {
		syscall.CloseOnExec(ends[0])
		syscall.CloseOnExec(ends[1])
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		return 0, 0, os.NewSyscallError("pipe", err)
	}
	own, child = ends[0], ends[1]
	if !reads {
		own, child = ends[1], ends[0]
	}
	return own, child, os.NewSyscallError("fcntl", syscall.SetNonblock(own, true))
}
