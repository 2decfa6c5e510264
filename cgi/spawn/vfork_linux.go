//go:build amd64 || arm64

package spawn

import (
	"cmp"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"forktax/cgi/filelimit"
	"forktax/workload/contract"
)

// Package syscall starts a process by vfork, too, but copies the table of open files, which grows with the connections
// of the host, resets each signal by a system call, and learns by a pipe whether the program could be executed. Nor can
// it set limits. So the host has a vfork of its own, in assembly: the child shares the memory of the host until it
// executes its program, so it must not run code of Go. It makes the system calls of a list, and stores the error of the
// first that fails.

// cloneArgs is struct clone_args of clone3(2), without the fields that are not used.
type cloneArgs struct {
	flags      uint64
	_          [3]uint64
	exitSignal uint64
	_          [6]uint64
}

// A call is a system call of a child.
type call struct {
	number uintptr
	args   [6]uintptr
}

// A vfork is a start of a process. The child writes errno.
type vfork struct {
	clone cloneArgs
	count uintptr // Number of calls
	errno uintptr // error of the call that failed; 0 if none did
	block uint64  // signals blocked during the start: all
	mask  uint64  //lint:ignore U1000 signals blocked before; the assembly uses it
	calls [20]call
}

// spawn blocks all signals, starts a child that makes the calls, the last of which executes its program, and returns
// when it has done so, or when a call has failed. If no child could be created, pid is a negative error number.
//
//go:noescape
func spawn(v *vfork) (pid uintptr)

func (v *vfork) add(number uintptr, args ...uintptr) {
	c := &v.calls[v.count]
	*c = call{number: number}
	copy(c.args[:], args)
	v.count++
}

// Numbers that package syscall does not define.
const (
	cloneVM        = 0x100
	cloneFiles     = 0x400
	cloneVfork     = 0x4000
	clearSighand   = 0x1_0000_0000 // CLONE_CLEAR_SIGHAND
	sysCloseRange  = 436
	unshareFiles   = 2 // CLOSE_RANGE_UNSHARE
	allDescriptors = 1<<32 - 1
	parentDied     = 1 // PR_SET_PDEATHSIG
	setMask        = 2 // SIG_SETMASK
)

// A starter holds descriptors with low numbers, to which those for a child are moved for its start. The child shares
// the table of open files with the host. To have one of its own, it copies only the descriptors up to these.
type starter struct {
	null  int
	files [3]int
	last  int // highest descriptor of all starters
	vfork vfork

	// arguments of system calls
	noSignals uint64
	limits    [4]syscall.Rlimit
}

// known are the starters that are not in use, once they have been opened.
var known struct {
	sync.Mutex
	free   chan *starter
	absent bool // this system cannot have any
}

// starters returns the starters that are not in use; nil if the kernel lacks clone3 or close_range (before Linux 5.9),
// or a sandbox refuses them. It returns an error if none can be opened at the moment. A thread that starts a process
// keeps its P (a slot of Go's scheduler) until the program is executed, and package cgi sets as many Ps as there are
// starters.
func starters() (chan *starter, error) {
	known.Lock()
	defer known.Unlock()
	if known.free != nil || known.absent {
		return known.free, nil
	}
	null, err := syscall.Open(os.DevNull, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: os.DevNull, Err: err}
	}
	var all []*starter
	opened, last := []int{null}, null
	for len(all) < cmp.Or(int(wantedStarters.Load()), 2*runtime.NumCPU()) {
		s := &starter{null: null}
		if err = s.open(); err != nil {
			break // fewer starts at once are possible
		}
		all, opened = append(all, s), append(opened, s.files[:]...)
		last = max(last, slices.Max(s.files[:]))
	}
	if len(all) == 0 {
		Close(opened...)
		return nil, os.NewSyscallError("fcntl", err)
	}
	free := make(chan *starter, len(all))
	for _, s := range all {
		s.last = last
		free <- s
	}
	if known.absent = !all[0].works(); known.absent {
		Close(opened...)
		return nil, nil
	}
	known.free = free
	return free, nil
}

// open opens the descriptors of a starter.
func (s *starter) open() error {
	for i := range s.files {
		fd, _, failed := syscall.Syscall(syscall.SYS_FCNTL, uintptr(s.null), syscall.F_DUPFD_CLOEXEC, 3)
		if failed != 0 {
			Close(s.files[:i]...)
			return failed
		}
		s.files[i] = int(fd)
	}
	return nil
}

// wantedStarters is the number of starters that Prepare wants; 0 means the default.
var wantedStarters atomic.Int64

func prepareStarts(atOnce int) {
	wantedStarters.CompareAndSwap(0, int64(atOnce))
	_, _ = starters() // the first start tries again, and returns the error
}

// works reports whether the kernel has what a start needs, by starting a child that exits at once. EAGAIN and ENOMEM
// mean that it has, and that there are too many processes.
func (s *starter) works() bool {
	s.reset()
	s.vfork.add(syscall.SYS_EXIT_GROUP, 0)
	pid := int(spawn(&s.vfork))
	if pid < 0 {
		failed := syscall.Errno(-pid)
		return failed == syscall.EAGAIN || failed == syscall.ENOMEM
	}
	(&Process{pid: pid}).Wait()
	return s.vfork.errno == 0
}

// reset prepares a start. The first call gives the child a table of open files of its own.
func (s *starter) reset() {
	s.vfork = vfork{block: ^uint64(0), clone: cloneArgs{flags: cloneVM | cloneVfork | cloneFiles | clearSighand,
		exitSignal: uint64(syscall.SIGCHLD)}}
	s.vfork.add(sysCloseRange, uintptr(s.last+1), allDescriptors, unshareFiles)
}

// start executes the program as a child, and closes files, its standard input, output and error. A negative descriptor
// stands for /dev/null.
func (p *Program) start(files [3]int) (pid int, err error) {
	free, err := starters()
	if err != nil {
		Close(files[:]...)
		return 0, err
	}
	if free == nil {
		return p.startByLibrary(files)
	}
	path, err := syscall.BytePtrFromString(p.Path)
	dir, err1 := syscall.BytePtrFromString(p.Dir)
	args, err2 := syscall.SlicePtrFromStrings(p.Args)
	env, err3 := syscall.SlicePtrFromStrings(p.Env)
	if err := cmp.Or(err, err1, err2, err3); err != nil { // a NUL
		Close(files[:]...)
		return 0, err
	}
	s := <-free
	defer func() { free <- s }()
	s.reset()
	for i, fd := range files {
		s.place(i, fd)
	}
	v := &s.vfork
	v.add(syscall.SYS_SETPGID, 0, 0) // a session of its own would cost 100 µs: a scheduling group (autogroup)
	v.add(syscall.SYS_PRCTL, parentDied, uintptr(syscall.SIGKILL))
	s.addLimits(p.Limits)
	for i, fd := range s.files {
		v.add(syscall.SYS_DUP3, uintptr(fd), uintptr(i), 0)
	}
	v.add(sysCloseRange, 3, allDescriptors, 0) // what the host inherited itself
	v.add(syscall.SYS_CHDIR, uintptr(unsafe.Pointer(dir)))
	v.add(syscall.SYS_RT_SIGPROCMASK, setMask, uintptr(unsafe.Pointer(&s.noSignals)), 0, unsafe.Sizeof(s.noSignals))
	v.add(syscall.SYS_EXECVE, uintptr(unsafe.Pointer(path)), uintptr(unsafe.Pointer(&args[0])),
		uintptr(unsafe.Pointer(&env[0])))
	pid = int(spawn(v))
	runtime.KeepAlive(path)
	runtime.KeepAlive(dir)
	runtime.KeepAlive(args)
	runtime.KeepAlive(env)
	for i, fd := range files {
		if fd >= 0 {
			s.place(i, -1)
		}
	}
	failed := syscall.Errno(v.errno)
	if pid < 0 {
		failed = syscall.Errno(-pid)
	} else if failed != 0 {
		(&Process{pid: pid}).Wait()
	}
	if failed != 0 {
		return 0, &os.PathError{Op: "fork/exec", Path: p.Path, Err: failed}
	}
	return pid, nil
}

// place moves a descriptor to the number of the child's standard file i.
func (s *starter) place(i, fd int) {
	if fd < 0 {
		_ = syscall.Dup3(s.null, s.files[i], syscall.O_CLOEXEC) // cannot fail: both are open
		return
	}
	_ = syscall.Dup3(fd, s.files[i], syscall.O_CLOEXEC)
	_ = syscall.Close(fd)
}

func (s *starter) addLimits(l contract.ChildLimits) {
	original, changed := filelimit.AtStart()
	for i, resource := range []struct {
		number uintptr
		limit  syscall.Rlimit
		is     bool
	}{
		{syscall.RLIMIT_NOFILE, original, changed},
		{syscall.RLIMIT_CPU, equal(int64(l.CPU.Seconds())), l.CPU > 0},
		{syscall.RLIMIT_AS, equal(l.Memory), l.Memory > 0},
		{rlimitProcesses, equal(int64(l.Processes)), l.Processes > 0},
	} {
		if resource.is {
			s.limits[i] = resource.limit
			s.vfork.add(syscall.SYS_PRLIMIT64, 0, resource.number, uintptr(unsafe.Pointer(&s.limits[i])), 0)
		}
	}
}

func equal(n int64) syscall.Rlimit { return syscall.Rlimit{Cur: uint64(n), Max: uint64(n)} }

// rlimitProcesses is RLIMIT_NPROC, which package syscall does not define.
const rlimitProcesses = 6
