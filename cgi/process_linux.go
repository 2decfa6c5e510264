package cgi

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"forktax/workload/contract"
)

// loadavg returns a descriptor of /proc/loadavg, opened once; it is negative if the file cannot be opened.
var loadavg = sync.OnceValue(func() int {
	fd, err := syscall.Open("/proc/loadavg", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
})

// lastPID returns the last number that the kernel gave to a process or a thread; see proc_loadavg(5).
func lastPID() (last int, ok bool) {
	var text [128]byte
	n, err := syscall.Pread(loadavg(), text[:], 0)
	if err != nil {
		return 0, false
	}
	last, err = strconv.Atoi(string(bytes.TrimSpace(text[bytes.LastIndexByte(text[:n], ' ')+1 : n])))
	return last, err == nil
}

// maxPID returns the limit of PIDs, /proc/sys/kernel/pid_max.
var maxPID = sync.OnceValue(func() int {
	text, _ := os.ReadFile("/proc/sys/kernel/pid_max")
	if most, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
		return most
	}
	return 1 << 22 // PID_MAX_LIMIT
})

// isChild reports whether pid is a child of this process that has not been waited for.
func isChild(pid int) bool {
	_, _, mine := wait(pid, syscall.WNOHANG)
	return mine
}

// A siginfo is the result of waitid, struct siginfo_t; see sigaction(2).
type siginfo struct {
	signo, errno, code int32
	_                  [unsafe.Sizeof(uintptr(0)) - 4]byte // the union that follows is aligned like a pointer
	pid, uid, status   int32
	_                  [128]byte
}

// Constants of waitid(2): the code of a normal exit, and the ID type of a PID.
const (
	exited  = 1 // CLD_EXITED
	waitPID = 1 // P_PID
)

// wait returns how a child has exited, without reaping it; code is 0 if the child is still running. It reports whether
// pid is a child of this process.
func wait(pid, options int) (code, status int, mine bool) {
	var info siginfo
	for {
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, waitPID, uintptr(pid), uintptr(unsafe.Pointer(&info)),
			uintptr(options|syscall.WEXITED|syscall.WNOWAIT), 0, 0)
		if err != syscall.EINTR {
			return int(info.code), int(info.status), err == 0
		}
	}
}

// waitExit waits for the child's exit and describes it; the result is empty if it is unknown.
func (e *exchange) waitExit() string {
	for range exitPolls {
		if how := e.exitText(syscall.WNOHANG); how != "" {
			return how
		}
		runtime.Gosched()
	}
	return e.exitText(0)
}

// hasExited reports whether the child has exited.
func (e *exchange) hasExited() bool { return e.exitText(syscall.WNOHANG) != "" }

// pollExit waits at most 20 ms for the exit of a child that has closed its output, and describes it; the result is
// empty if the child is still running.
func (e *exchange) pollExit() (how string) {
	for range 20 {
		if how = e.exitText(syscall.WNOHANG); how != "" {
			return how
		}
		time.Sleep(time.Millisecond)
	}
	return ""
}

// exitText describes how the child exited; the result is empty if it is still running or unknown.
func (e *exchange) exitText(options int) string {
	pid := e.pid()
	if pid == 0 {
		return ""
	}
	code, status, mine := wait(pid, options)
	switch {
	case !mine || code == 0:
		return ""
	case code == exited && status == 0:
		return exitedOK
	case code == exited:
		return "ended with status " + strconv.Itoa(status) // bench/subject recognizes these texts in logs
	default:
		return killedBy + " (signal: " + syscall.Signal(status).String() + ")"
	}
}

// limit sets the resource limits of a child that has just been started. Setting them from outside, with prlimit(2),
// needs no helper program that limits itself before it executes the child.
func limit(pid int, l contract.ChildLimits) error {
	if pid == 0 {
		return syscall.ESRCH
	}
	for _, resource := range []struct {
		number int
		most   int64
	}{
		{syscall.RLIMIT_CPU, int64(l.CPU.Seconds())},
		{syscall.RLIMIT_AS, l.Memory},
		{rlimitProcesses, int64(l.Processes)},
	} {
		if resource.most <= 0 {
			continue
		}
		to := syscall.Rlimit{Cur: uint64(resource.most), Max: uint64(resource.most)}
		_, _, err := syscall.Syscall6(syscall.SYS_PRLIMIT64, uintptr(pid), uintptr(resource.number),
			uintptr(unsafe.Pointer(&to)), 0, 0, 0)
		if err != 0 && err != syscall.ESRCH { // ESRCH: the child has exited already
			return err
		}
	}
	return nil
}

// rlimitProcesses is RLIMIT_NPROC, which package syscall does not define.
const rlimitProcesses = 6

// descendants returns the PIDs of the running processes among a child and its descendants. It finds them by their
// parents, and by the mark in their environment, which remains when a parent has exited. A process that has lost both
// is not found.
func descendants(child int, mark string) []int {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	parents := map[int]int{}
	member := map[int]bool{}
	marked := []byte(contract.EnvChild + "=" + mark + "\x00")
	self := os.Getpid()
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == self {
			continue
		}
		parent, alive := parentOf(dir)
		if !alive {
			continue
		}
		parents[pid] = parent
		environment, _ := os.ReadFile(dir + "/environ")
		member[pid] = pid == child && parent == self || bytes.Contains(environment, marked)
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

// parentOf returns the PID of a process's parent and reports whether the process is alive: neither a zombie nor dead.
// They are the fourth and third field of its stat; the second is its name, in parentheses. See proc_pid_stat(5).
func parentOf(dir string) (parent int, alive bool) {
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, false
	}
	words := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if len(words) < 2 || words[0] == "Z" || words[0] == "X" {
		return 0, false
	}
	parent, err = strconv.Atoi(words[1])
	return parent, err == nil
}

func signal(pids []int, s syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, s) // fails if the process has exited meanwhile
	}
}

// unread reports whether the read end of a pipe is closed.
func unread(pipe syscall.Conn) (closed bool) {
	const pollError = 8 // POLLERR: on the write end of a pipe, it means that the read end is closed
	raw, err := pipe.SyscallConn()
	if err != nil {
		return true
	}
	err = raw.Control(func(fd uintptr) {
		poll := struct {
			fd              int32
			events, revents int16
		}{fd: int32(fd)}
		var now syscall.Timespec
		_, _, failed := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1,
			uintptr(unsafe.Pointer(&now)), 0, 0, 0)
		closed = failed == 0 && poll.revents&pollError != 0
	})
	return closed || err != nil
}

// openPipe creates a pipe whose read end is non-blocking. If that fails, to is nil.
func openPipe() (from int, to *os.File) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return 0, nil
	}
	if err := syscall.SetNonblock(ends[0], true); err != nil {
		_, _ = syscall.Close(ends[0]), syscall.Close(ends[1])
		return 0, nil
	}
	return ends[0], os.NewFile(uintptr(ends[1]), "standard error")
}
