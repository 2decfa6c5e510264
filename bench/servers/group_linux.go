package servers

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
)

// A group is a control group of a server's own (cgroups version 2), where the kernel adds up the processor time of all that
// was ever in it. Without one the time of children is lost that nobody waits for: Apache's daemon and fcgiwrap have the
// kernel forget theirs. Nil means that there is none: the system has no such groups, or lets only others make them.
type group struct {
	dir  string
	file *os.File
}

// newGroup makes one below that of this process.
func newGroup(name string) *group {
	mount := groupMount()
	if mount == "" {
		return nil
	}
	self, err := procfs.Self()
	if err != nil {
		return nil
	}
	groups, err := self.Cgroups()
	second := slices.IndexFunc(groups, func(g procfs.Cgroup) bool { return g.HierarchyID == 0 })
	if err != nil || second < 0 {
		return nil
	}
	dir := filepath.Join(mount, groups[second].Path, name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nil
	}
	file, err := os.Open(dir)
	g := &group{dir, file}
	if _, counted := g.cpu(); err != nil || !counted {
		os.Remove(dir)
		return nil
	}
	return g
}

// groupMount is where the system shows its groups of version 2; "" if it has none.
func groupMount() string {
	mounts, err := procfs.GetMounts()
	if err != nil {
		return ""
	}
	for _, m := range mounts {
		if m.FSType == "cgroup2" {
			return m.MountPoint
		}
	}
	return ""
}

// has the command start in the group.
func (g *group) has(cmd *exec.Cmd) {
	if g == nil {
		return
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.UseCgroupFD, cmd.SysProcAttr.CgroupFD = true, int(g.file.Fd())
}

// path is where the group is; "" if there is none.
func (g *group) path() string {
	if g == nil {
		return ""
	}
	return g.dir
}

// cpu is the processor time of all that was in the group, in nanoseconds.
func (g *group) cpu() (ns int64, known bool) {
	if g == nil {
		return 0, false
	}
	text, err := os.ReadFile(filepath.Join(g.dir, "cpu.stat"))
	if err != nil {
		return 0, false
	}
	for line := range bytes.Lines(text) {
		if value, is := bytes.CutPrefix(line, []byte("usage_usec ")); is {
			us, err := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64)
			return us * 1000, err == nil
		}
	}
	return 0, false
}

// remove ends what is left in the group, and removes it.
func (g *group) remove() error {
	if g == nil {
		return nil
	}
	_ = os.WriteFile(filepath.Join(g.dir, "cgroup.kill"), []byte("1"), 0) // since Linux 5.14
	err := g.file.Close()
	var removed error
	for range 100 {
		if removed = os.Remove(g.dir); removed == nil {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return errors.Join(err, fmt.Errorf("removing the server's control group: %w", removed))
}
