package spawn

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"unsafe"
)

const sysPidfdOpen = 434

// waitByDescriptor waits until the child has ended, by a descriptor in the poller of Go's runtime, and reports whether
// that is possible: Linux has such descriptors since 5.3, and non-blocking ones since 5.10.
func (p *Process) waitByDescriptor() bool {
	p.mu.Lock()
	if p.reaped {
		p.mu.Unlock()
		return true
	}
	fd, _, err := syscall.Syscall(sysPidfdOpen, uintptr(p.pid), syscall.O_NONBLOCK, 0)
	p.mu.Unlock()
	if err != 0 {
		return false
	}
	file := os.NewFile(fd, "child")
	defer file.Close()
	raw, failed := file.SyscallConn()
	return failed == nil && raw.Read(func(uintptr) bool { return p.Reap() }) == nil
}

// Idle reports whether a pipe is empty while a process can still write to it.
func Idle(pipe int) bool {
	poll := struct {
		fd              int32
		events, revents int16
	}{fd: int32(pipe), events: 1} // POLLIN
	var now syscall.Timespec
	n, _, err := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1, uintptr(unsafe.Pointer(&now)), 0,
		0, 0)
	return err == 0 && n == 0
}

// Descendants returns the PIDs of the running processes among a child and its descendants. It finds them by their
// parents, by their process group, and by the mark in their environment, which remains when a parent has exited. It
// does not find a process that has lost all three.
func (p *Process) Descendants(mark string) []int {
	p.mu.Lock()
	child, reaped := p.pid, p.reaped
	p.mu.Unlock()
	if child == 0 {
		return nil
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	parents, member := map[int]int{}, map[int]bool{}
	marked := []byte(mark + "\x00")
	self := os.Getpid()
	// A number is not given to another process while it is that of a process group. So if the child is reaped and there is
	// a process with its number, no process of its group is left.
	_, err := os.Stat("/proc/" + strconv.Itoa(child))
	inGroup := !reaped || err != nil
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == self {
			continue
		}
		parent, group, alive := statOf(dir)
		if !alive {
			continue
		}
		parents[pid] = parent
		environment, _ := os.ReadFile(dir + "/environ")
		member[pid] = !reaped && pid == child || inGroup && group == child || bytes.Contains(environment, marked)
	}
	for grown := true; grown; {
		grown = false
		for pid, parent := range parents {
			if !member[pid] && member[parent] {
				member[pid], grown = true, true
			}
		}
	}
	var all []int
	for pid, is := range member {
		if is {
			all = append(all, pid)
		}
	}
	return all
}

// Marked returns the PIDs of the running processes whose environment has a variable that begins with a prefix, each
// with the rest of that variable.
func Marked(prefix string) map[int]string {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	found := map[int]string{}
	for _, dir := range dirs {
		environment, err := os.ReadFile(dir + "/environ")
		if err != nil {
			continue
		}
		for variable := range bytes.SplitSeq(environment, []byte{0}) {
			if rest, ok := bytes.CutPrefix(variable, []byte(prefix)); ok {
				if pid, err := strconv.Atoi(filepath.Base(dir)); err == nil {
					found[pid] = string(rest)
				}
				break
			}
		}
	}
	return found
}

// Tasks returns the number of all threads of the system, or 0 if it is unknown. It costs far less than [Marked].
func Tasks() int {
	text, err := os.ReadFile("/proc/loadavg") // three loads, then running/all; see proc_loadavg(5)
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 4 {
		return 0
	}
	_, all, _ := strings.Cut(fields[3], "/")
	n, _ := strconv.Atoi(all)
	return n
}

// statOf returns the parent and the process group of a process, and reports whether it is alive: neither a zombie nor
// dead. They are the fourth, fifth and third field of its stat; the second is its name, in parentheses. See
// proc_pid_stat(5).
func statOf(dir string) (parent, group int, alive bool) {
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, 0, false
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(fields) < 3 || strings.ContainsAny(fields[0], "ZX") {
		return 0, 0, false
	}
	parent, err1 := strconv.Atoi(fields[1])
	group, err2 := strconv.Atoi(fields[2])
	return parent, group, err1 == nil && err2 == nil
}

// Pipe returns a pipe. One end is for a child; it blocks. The other, ours, does not: the read end if reads.
func Pipe(reads bool) (own, child int, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return 0, 0, os.NewSyscallError("pipe2", err)
	}
	own, child = ends[0], ends[1]
	if !reads {
		own, child = ends[1], ends[0]
	}
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(child), syscall.F_SETFL, 0) // cannot fail for a pipe
	return own, child, nil
}
