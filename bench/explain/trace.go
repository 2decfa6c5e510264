package explain

import (
	"cmp"
	"path/filepath"
	"strings"
)

// A trace is the record of one start by strace.
type trace struct {
	images    []*image // images in the order of their execs; the first is the program itself
	processes int
	wrong     error // what is wrong with the response; nil if it is valid
}

// An image is one program in one process. A script and its interpreter are one image; a program that execs another
// makes two.
type image struct {
	path        string
	root        bool // it ran in the process that was started
	late        bool // it was executed after the first byte of stdout
	uses        []*use
	threads     int // threads that it started, beyond its first
	forks       int // copies of it that executed no other program
	probes      int // forks in which Go's library tests the kernel's features
	connections []connection
	lookups     map[string]*use // the uses by path
}

// A use is an image's use of one path.
type use struct {
	path   string
	opened int   // number of times that it was opened
	read   int64 // bytes that were read
	mapped bool  // mapped as code
	stats  int   // stat calls that succeeded
	missed int   // open and stat calls that found no file
	late   bool  // the first time was after the first byte of stdout
}

// threadInfo describes a thread: its process, its parent, and its image.
type threadInfo struct {
	leader int
	parent int
	image  *image // image that the thread executed
	copied *image // image of its parent at the time of the fork
	probe  bool   // it only tests a kernel feature
}

// builder builds a trace from calls.
type builder struct {
	trace        trace
	dir          string // directory of the command
	stdout       string // its standard output, as strace names it
	firstByteOut bool   // the first byte has been written
	threads      map[int]*threadInfo
	datagrams    map[string]bool // sockets without connections, as of UDP: connecting one only sets an address
}

// newTrace builds the trace of the calls. The command was started in dir, and stdout is its standard output.
func newTrace(calls []call, dir, stdout string) trace {
	b := builder{dir: dir, stdout: stdout, threads: map[int]*threadInfo{}, datagrams: map[string]bool{}}
	if len(calls) == 0 {
		return b.trace
	}
	root := calls[0].pid
	b.threads[root] = &threadInfo{leader: root}
	for _, c := range calls { // first, since a child's calls may be listed before its parent's fork returns
		if startsProcess(c) && b.threads[int(c.result)] == nil && !b.descends(c.pid, int(c.result)) {
			b.threads[int(c.result)] = b.child(c)
		}
	}
	for _, c := range calls {
		b.add(c, root)
	}
	for pid, p := range b.threads {
		if pid != p.leader {
			continue
		}
		b.trace.processes++
		if p.image == nil && p.copied != nil {
			p.copied.forks++
			if p.probe {
				p.copied.probes++
			}
		}
	}
	return b.trace
}

// startsProcess reports whether the call created a process or a thread.
func startsProcess(c call) bool {
	switch c.name {
	case "clone", "clone3", "fork", "vfork":
		return c.result > 0
	}
	return false
}

func (b *builder) child(c call) *threadInfo {
	if strings.Contains(c.args, "CLONE_THREAD") {
		return &threadInfo{leader: c.pid}
	}
	return &threadInfo{leader: int(c.result), parent: c.pid, probe: isProbe(c)}
}

// isProbe reports whether the call is the one by which Go's package os tests, once per process, whether the kernel
// supports process descriptors. The child ends at once and sends no signal; see doCheckClonePidfd in package syscall.
func isProbe(c call) bool {
	return strings.Contains(c.args, "CLONE_PIDFD") && strings.Contains(c.args, "CLONE_VFORK") &&
		!strings.Contains(c.args, "SIGCHLD")
}

// descends reports whether a thread was created by another, directly or indirectly. In malformed input, both threads
// may descend from each other.
func (b *builder) descends(pid, from int) bool {
	for pid != from {
		p := b.threads[pid]
		switch {
		case p == nil:
			return false
		case p.leader == pid:
			pid = p.parent // 0 for the root, which is not a thread ID
		default:
			pid = p.leader
		}
	}
	return true
}

// leader returns the process of a thread. The creator of a thread may be a thread itself.
func (b *builder) leader(pid int) int {
	for p := b.threads[pid]; p != nil && p.leader != pid; p = b.threads[pid] {
		pid = p.leader
	}
	return pid
}

// imageOf returns the image that runs in the thread. A child that has not executed a program has its parent's image. If
// the child runs before the parent's fork has returned, that is the parent's current image.
func (b *builder) imageOf(pid int) *image {
	for p := b.threads[b.leader(pid)]; p != nil; p = b.threads[b.leader(p.parent)] {
		if i := cmp.Or(p.image, p.copied); i != nil {
			return i
		}
	}
	return nil
}

func (b *builder) add(c call, root int) {
	own := b.imageOf(c.pid)
	switch c.name {
	case "execve", "execveat":
		path := b.resolve(c)
		if c.errno != "" {
			own.miss(path, b.firstByteOut)
			return
		}
		p := b.threads[b.leader(c.pid)]
		if p == nil {
			return
		}
		p.image = &image{path: path, root: b.leader(c.pid) == root, late: b.firstByteOut, lookups: map[string]*use{}}
		b.trace.images = append(b.trace.images, p.image)
		return
	case "socket":
		b.datagrams[c.opened] = c.opened != "" && strings.Contains(c.args, "SOCK_DGRAM")
		return
	case "write", "writev", "sendfile", "splice":
		b.firstByteOut = b.firstByteOut || b.stdout != "" && c.result > 0 && strings.Contains(c.args, "<"+b.stdout+">")
		return
	}
	if own == nil {
		return
	}
	switch c.name {
	case "clone", "clone3", "fork", "vfork":
		if p := b.threads[int(c.result)]; p != nil && p.leader == int(c.result) {
			p.copied = own
		} else if p != nil {
			own.threads++
		}
	case "open", "openat", "openat2", "creat":
		own.touch(c, b.resolve(c), true, b.firstByteOut)
	case "read", "pread64":
		if u := own.lookups[c.file()]; u != nil && c.result > 0 {
			u.read += c.result
		}
	case "mmap":
		if u := own.lookups[c.file()]; u != nil && strings.Contains(c.args, "PROT_EXEC") {
			u.mapped = true
		}
	case "connect":
		if !b.datagrams[c.file()] {
			own.connect(c, b.firstByteOut)
		}
	default:
		own.touch(c, b.resolve(c), false, b.firstByteOut)
	}
}

// resolve makes the call's path absolute.
func (b *builder) resolve(c call) string {
	path, dir := c.path()
	switch {
	case path == "" || filepath.IsAbs(path):
		return path
	case dir == "":
		dir = b.dir
	}
	return filepath.Join(dir, path)
}

func (i *image) use(path string, late bool) *use {
	u := i.lookups[path]
	if u == nil {
		u = &use{path: path, late: late}
		i.lookups[path] = u
		i.uses = append(i.uses, u)
	}
	return u
}

// touch counts an open or stat call on a path. Later calls name an open file by its real path, which may differ.
func (i *image) touch(c call, path string, opens, late bool) {
	switch {
	case path == "" || strings.HasPrefix(c.name, "chdir"):
	case missing(c.errno):
		i.miss(path, late)
	case c.errno == "" && opens:
		u := i.use(path, late)
		u.opened++
		if c.opened != "" {
			i.lookups[c.opened] = u
		}
	case c.errno == "":
		i.use(path, late).stats++
	}
}

func (i *image) miss(path string, late bool) {
	if i != nil {
		i.use(path, late).missed++
	}
}

func missing(wrong string) bool { return wrong == "ENOENT" || wrong == "ENOTDIR" }
