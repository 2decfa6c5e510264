package account

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Group is a control group, for which the kernel adds up the CPU time of all processes that were ever in it. That
// includes orphans, and children of processes that ignore SIGCHLD. A nil Group means that there is none.
type Group struct {
	hierarchy
	dir  string
	file *os.File // dir opened, for version 2
	back string   // directory of this process's own group, for version 1
}

// A hierarchy is a version of control groups.
type hierarchy struct {
	fileSystem, controller string
	usage                  string        // file with the CPU time
	prefix                 string        // prefix of the line with the CPU time
	unit                   time.Duration // unit of the CPU time
	byThread               bool          // a new process is in the group of the thread that starts it
}

// hierarchies lists cgroup v2 and v1; see Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/cpuacct.rst of the
// kernel.
var hierarchies = []hierarchy{
	{fileSystem: "cgroup2", usage: "cpu.stat", prefix: "usage_usec ", unit: time.Microsecond},
	{fileSystem: "cgroup", controller: "cpuacct", usage: "cpuacct.usage", unit: time.Nanosecond, byThread: true},
}

// NewGroup creates a group below the group of this process. It returns nil if the system does not have such groups, or
// if this user may not create one.
func NewGroup(name string) *Group {
	for _, h := range hierarchies {
		if g := h.newGroup(name); g != nil {
			return g
		}
	}
	return nil
}

func (h hierarchy) newGroup(name string) *Group {
	parent, ok := h.own()
	if !ok {
		return nil
	}
	g := &Group{hierarchy: h, dir: filepath.Join(parent, name), back: parent}
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return nil
	}
	var err error
	g.file, err = os.Open(g.dir)
	if _, counted := g.CPU(); err != nil || !counted {
		os.Remove(g.dir)
		return nil
	}
	return g
}

// own returns the directory of this process's group.
func (h hierarchy) own() (dir string, ok bool) {
	dirs := h.dirs("/proc", "self")
	if len(dirs) == 0 {
		return "", false
	}
	return dirs[0], true
}

// in reports whether the comma-separated list has the controller of h. It returns true if h has no controller.
func (h hierarchy) in(list string) bool {
	return h.controller == "" || slices.Contains(strings.Split(list, ","), h.controller)
}

// Prepare makes the command start in the group, if the group is of version 2.
func (g *Group) Prepare(cmd *exec.Cmd) {
	if g == nil || g.byThread {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(g.file.Fd())
}

// Start calls start, which starts a command that was prepared, so that the command is in the group.
func (g *Group) Start(start func() error) error {
	if g == nil || !g.byThread {
		return start()
	}
	runtime.LockOSThread()
	thread := []byte(strconv.Itoa(syscall.Gettid()))
	if err := os.WriteFile(filepath.Join(g.dir, "tasks"), thread, 0); err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("entering a control group: %w", err)
	}
	err := start()
	if left := os.WriteFile(filepath.Join(g.back, "tasks"), thread, 0); left != nil {
		return errors.Join(err, fmt.Errorf("leaving a control group: %w", left)) // the locked thread ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

// Dir returns the directory of the group; "" if there is none.
func (g *Group) Dir() string {
	if g == nil {
		return ""
	}
	return g.dir
}

// CPU returns the CPU time of all processes that were ever in the group. It reports false if that is unknown.
func (g *Group) CPU() (cpu CPU, ok bool) {
	if g == nil {
		return CPU{}, false
	}
	text, err := os.ReadFile(filepath.Join(g.dir, g.usage))
	if err != nil {
		return CPU{}, false
	}
	for line := range bytes.Lines(text) {
		if value, is := bytes.CutPrefix(line, []byte(g.prefix)); is {
			n, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			return CPU{time.Duration(n) * g.unit, g.unit}, err == nil
		}
	}
	return CPU{}, false
}

// PIDs returns the processes in the group.
func (g *Group) PIDs() []int {
	if g == nil {
		return nil
	}
	return PIDsOf(g.dir)
}

// PIDsOf returns the processes in the group with that directory.
func PIDsOf(dir string) (pids []int) {
	text, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	for _, field := range bytes.Fields(text) {
		if pid, err := strconv.Atoi(string(field)); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Remove kills the processes in the group and removes it.
func (g *Group) Remove() error {
	if g == nil {
		return nil
	}
	err := g.file.Close()
	var removed error
	for range 100 {
		for _, pid := range g.PIDs() {
			_ = syscall.Kill(pid, syscall.SIGKILL) // fails if it has ended meanwhile
		}
		if removed = os.Remove(g.dir); removed == nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.Join(err, fmt.Errorf("removing a control group: %w", removed))
}
