package cgi

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"forktax/bench"
)

// loadavg is /proc/loadavg, which is opened once.
var loadavg = sync.OnceValue(func() *os.File {
	file, err := os.Open("/proc/loadavg")
	if err != nil {
		return nil
	}
	return file
})

// mostNumbers is how many numbers are tried. Threads have some, too, and so have the processes of others.
const mostNumbers = 256

// newest is the process that this one has started last, or 0 if that cannot be told.
//
// net/http/cgi does not tell which process it has started. But the kernel numbers processes in the order in which they
// start, and has the last number in /proc/loadavg. From there downward, the first that is a child of this process is
// the newest: which costs some system calls of a tenth of a microsecond, and no look at other processes.
func newest() int {
	file := loadavg()
	if file == nil {
		return 0
	}
	var text [128]byte
	n, _ := file.ReadAt(text[:], 0)
	words := bytes.Fields(text[:n])
	if len(words) < 5 {
		return 0
	}
	last, err := strconv.Atoi(string(words[4]))
	if err != nil {
		return 0
	}
	for pid := last; pid > max(last-mostNumbers, 0); pid-- {
		if _, _, mine := wait(pid, syscall.WNOHANG); mine {
			return pid
		}
	}
	return 0
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

// Ways in which a program ends.
const (
	endedWell = "ended well"
	killedBy  = "was killed"
)

// ended waits for the child's end and says how it was; "" if that cannot be told.
func (e *exchange) ended() string { return e.howEnded(0) }

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
	pid := int(e.pid.Load())
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
func limit(pid int, l bench.ChildLimits) error {
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
		if pid == 0 {
			return syscall.ESRCH
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

// family lists the processes that live of a child, what that has started, and what those have: by their parents, and by
// the mark in their environment, which stays when a parent ends. A process that is rid of both is not found.
func family(child int, mark string) []int {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	parents := map[int]int{}
	member := map[int]bool{}
	marked := []byte(bench.ChildVariable + "=" + mark + "\x00")
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

// unread says whether nobody reads from a pipe any more.
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
