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

// loadavg is /proc/loadavg, which is opened once; below 0 if that cannot be.
var loadavg = sync.OnceValue(func() int {
	fd, err := syscall.Open("/proc/loadavg", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	return fd
})

// lastPID is the number that the kernel has given last, to a process or a thread.
func lastPID() (last int, told bool) {
	var text [128]byte
	n, err := syscall.Pread(loadavg(), text[:], 0)
	if err != nil {
		return 0, false
	}
	last, err = strconv.Atoi(string(bytes.TrimSpace(text[bytes.LastIndexByte(text[:n], ' ')+1 : n])))
	return last, err == nil
}

// maxPID is the highest that there may be.
var maxPID = sync.OnceValue(func() int {
	text, _ := os.ReadFile("/proc/sys/kernel/pid_max")
	if most, err := strconv.Atoi(string(bytes.TrimSpace(text))); err == nil {
		return most
	}
	return 1 << 22 // PID_MAX_LIMIT
})

// isChild reports whether the process of that number is one that this process has started, and has not waited for.
func isChild(pid int) bool {
	_, _, mine := wait(pid, syscall.WNOHANG)
	return mine
}

// A siginfo is what waitid tells, in struct siginfo_t; see sigaction(2).
type siginfo struct {
	signo, errno, code int32
	_                  [unsafe.Sizeof(uintptr(0)) - 4]byte // the union that follows is aligned as a pointer is
	pid, uid, status   int32
	_                  [128]byte
}

// Codes of how a child ended.
const (
	exited  = 1 // CLD_EXITED
	waitPID = 1 // P_PID
)

// wait tells how a child has ended, without taking that from whoever waits for it: code is 0 if it has not. It says
// whether there is such a child.
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

// ended waits for the child's end and says how it was; "" if that cannot be told.
func (e *exchange) ended() string {
	for range endLooks {
		if how := e.howEnded(syscall.WNOHANG); how != "" {
			return how
		}
		runtime.Gosched()
	}
	return e.howEnded(0)
}

func (e *exchange) hasEnded() bool { return e.howEnded(syscall.WNOHANG) != "" }

// soonEnded is for a child that has closed its output, and so is most probably about to end.
func (e *exchange) soonEnded() (how string) {
	for range 20 {
		if how = e.howEnded(syscall.WNOHANG); how != "" {
			return how
		}
		time.Sleep(time.Millisecond)
	}
	return ""
}

func (e *exchange) howEnded(options int) string {
	pid := e.pid()
	if pid == 0 {
		return ""
	}
	code, status, mine := wait(pid, options)
	switch {
	case !mine || code == 0:
		return ""
	case code == exited && status == 0:
		return endedWell
	case code == exited:
		return "ended with status " + strconv.Itoa(status)
	default:
		return killedBy + " (signal: " + syscall.Signal(status).String() + ")"
	}
}

// limit bounds what a child may take, from now on: it has only just begun. So it takes no other program that would
// limit itself before it becomes the child.
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
		if err != 0 && err != syscall.ESRCH { // it has ended already
			return err
		}
	}
	return nil
}

// rlimitProcesses is RLIMIT_NPROC, which package syscall leaves out.
const rlimitProcesses = 6

// descendants lists the processes that live of a child, what that has started, and what those have: by their parents,
// and by the mark in their environment, which stays when a parent ends. A process that is rid of both is not found.
func descendants(child int, mark string) []int {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	parents := map[int]int{}
	member := map[int]bool{}
	marked := []byte(contract.EnvChild + "=" + mark + "\x00")
	self := os.Getpid()
	for _, folder := range folders {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil || pid == self {
			continue
		}
		parent, alive := parentOf(folder)
		if !alive {
			continue
		}
		parents[pid] = parent
		environment, _ := os.ReadFile(folder + "/environ")
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

// parentOf reads the third and fourth word of a process's stat; the second is its name, in brackets.
func parentOf(folder string) (parent int, alive bool) {
	text, err := os.ReadFile(folder + "/stat")
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
		_ = syscall.Kill(pid, s) // that has ended meanwhile, for all that can be done
	}
}

// unread reports whether nobody reads from a pipe any more.
func unread(pipe syscall.Conn) (gone bool) {
	const pollError = 8 // POLLERR: of a pipe's end for writing, that the other is closed
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
		gone = failed == 0 && poll.revents&pollError != 0
	})
	return gone || err != nil
}

// openPipe makes a pipe whose end for reading never blocks. There is none if to is nil.
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
