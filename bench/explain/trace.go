package explain

import (
	"cmp"
	"path/filepath"
	"strings"
)

// A trace is what happened in one start, as strace saw it.
type trace struct {
	images    []*image // in the order in which they were put in place; the first is the program itself
	processes int
}

// An image is one program in one process. A script, and what interprets it, is one; what execs another is two.
type image struct {
	path        string
	root        bool // it ran in the process that was started
	late        bool // it was put in place after the first byte of stdout
	uses        []*use
	threads     int // that it started, beyond its first
	forks       int // that it made of itself, which executed nothing
	probes      int // of forks, those by which Go's library tries what the kernel can do
	connections []connection
	lookups     map[string]*use // the uses by path
}

// A use is what an image did with one path.
type use struct {
	path   string
	opened int   // times
	read   int64 // bytes
	mapped bool  // as code
	stats  int   // times it was asked about, and was there
	missed int   // times it was asked for, or about, and was not there
	late   bool  // the first time was after the first byte of stdout
}

// threadInfo is what is known of a thread: whose it is, and which image runs in it.
type threadInfo struct {
	leader int
	parent int
	image  *image // that it executed
	copied *image // that its parent was when it made it
	probe  bool   // it was made to see whether that can be
}

// builder makes a trace of calls.
type builder struct {
	trace        trace
	dir          string // of the command
	stdout       string // its standard output, as strace names it
	firstByteOut bool   // the first byte is out
	threads      map[int]*threadInfo
}

// newTrace tells what the calls come to. The command began in dir, and stdout is its standard output.
func newTrace(calls []call, dir, stdout string) trace {
	b := builder{dir: dir, stdout: stdout, threads: map[int]*threadInfo{}}
	if len(calls) == 0 {
		return b.trace
	}
	root := calls[0].pid
	b.threads[root] = &threadInfo{leader: root}
	for _, c := range calls { // first, since a child's calls may come before that which made it returns
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

// startsProcess reports whether the call made a process or a thread.
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

// isProbe reports whether the call is that by which Go's package os tries, once in a process, whether the kernel gives
// descriptors of processes. Its child sends no signal when it ends, which it does at once; see doCheckClonePidfd in
// package syscall.
func isProbe(c call) bool {
	return strings.Contains(c.args, "CLONE_PIDFD") && strings.Contains(c.args, "CLONE_VFORK") &&
		!strings.Contains(c.args, "SIGCHLD")
}

// descends reports whether a thread was made by another, however indirectly. What is read may say so of both.
func (b *builder) descends(pid, from int) bool {
	for pid != from {
		p := b.threads[pid]
		switch {
		case p == nil:
			return false
		case p.leader == pid:
			pid = p.parent // 0 of the root, which is no thread's number
		default:
			pid = p.leader
		}
	}
	return true
}

// leader is the process of a thread: the maker of a thread may be a thread itself.
func (b *builder) leader(pid int) int {
	for p := b.threads[pid]; p != nil && p.leader != pid; p = b.threads[pid] {
		pid = p.leader
	}
	return pid
}

// imageOf is what runs in the thread. A child that has executed nothing is still its parent's program. It may run
// before its parent has returned from making it, and then that is what its parent is now.
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
		own.connect(c, b.firstByteOut)
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

// touch counts a call that opens a path, or asks about it. Later calls name an open file by its real path, which may be
// another.
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
