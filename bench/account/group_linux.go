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

// A Group is a control group, where the kernel adds up the CPU time of all that was ever in it: also of children that were
// disowned or that the kernel was told to forget. A nil Group is none.
type Group struct {
	hierarchy
	dir  string
	file *os.File // of dir, for version 2
	back string   // where threads of this process are that are not starting one of the group, for version 1
}

// A hierarchy is a version of control groups.
type hierarchy struct {
	fileSystem, controller string
	usage                  string        // the file with the CPU time
	prefix                 string        // of the line with it
	unit                   time.Duration // of it
	byThread               bool          // a process begins where the thread is that starts it
}

// hierarchies are cgroup v2 and v1; see Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/cpuacct.rst of the kernel.
var hierarchies = []hierarchy{
	{fileSystem: "cgroup2", usage: "cpu.stat", prefix: "usage_usec ", unit: time.Microsecond},
	{fileSystem: "cgroup", controller: "cpuacct", usage: "cpuacct.usage", unit: time.Nanosecond, byThread: true},
}

// NewGroup makes a group below that of this process; nil if the system has no such groups, or this user may not make one.
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

// own finds the directory of this process's group.
func (h hierarchy) own() (dir string, ok bool) {
	dirs := h.dirs("/proc", "self")
	if len(dirs) == 0 {
		return "", false
	}
	return dirs[0], true
}

// in reports whether the controller is in a list, or there is none.
func (h hierarchy) in(list string) bool {
	return h.controller == "" || slices.Contains(strings.Split(list, ","), h.controller)
}

// Prepare has the command start in the group, if that is of version 2.
func (g *Group) Prepare(cmd *exec.Cmd) {
	if g == nil || g.byThread {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(g.file.Fd())
}

// Start calls start, which is to start a command that was prepared, and has it start in the group.
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
		return errors.Join(err, fmt.Errorf("leaving a control group: %w", left)) // the thread ends with its goroutine
	}
	runtime.UnlockOSThread()
	return err
}

// Dir is where the group is; "" if there is none.
func (g *Group) Dir() string {
	if g == nil {
		return ""
	}
	return g.dir
}

// CPU reads the CPU time of all that was in the group. It reports false if there is none.
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

// Remove kills what is left in the group, and removes it.
func (g *Group) Remove() error {
	if g == nil {
		return nil
	}
	err := g.file.Close()
	var removed error
	for range 100 {
		text, _ := os.ReadFile(filepath.Join(g.dir, "cgroup.procs"))
		for _, field := range bytes.Fields(text) {
			if pid, err := strconv.Atoi(string(field)); err == nil && pid > 0 {
				_ = syscall.Kill(pid, syscall.SIGKILL) // which has ended meanwhile
			}
		}
		if removed = os.Remove(g.dir); removed == nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.Join(err, fmt.Errorf("removing a control group: %w", removed))
}
