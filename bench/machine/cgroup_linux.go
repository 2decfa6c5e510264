package machine

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// cgroupDirs lists the directories of this process's control group and of those that it is in, for a controller of
// version 1, or for all of version 2 if that is "".
func cgroupDirs(controller string) []string {
	self, err := procfs.Self()
	if err != nil {
		return nil
	}
	all, _ := self.Cgroups()
	for _, g := range all {
		second := g.HierarchyID == 0
		if second != (controller == "") || !second && !slices.Contains(g.Controllers, controller) {
			continue
		}
		root := filepath.Join("/sys/fs/cgroup", controller)
		var dirs []string
		for path := g.Path; ; path = filepath.Dir(path) {
			dirs = append(dirs, filepath.Join(root, path))
			if path == "/" || path == "." {
				return dirs
			}
		}
	}
	return nil
}

// parseUint reads a number of the kernel's; 0 if it is none.
func parseUint(text string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	return n
}

// remaining is the least that is left of a limit in the control groups that this process is in, by the names of the
// limit and of what is used, in version 2 and in version 1; and whether there is a limit.
func remaining(controller, most, used, most1, used1 string) (left uint64, limited bool) {
	look := func(dir, most, used string) {
		limit, err := strconv.ParseUint(readWord(filepath.Join(dir, most)), 10, 64)
		if err != nil || limit >= 1<<62 { // "max", or version 1's number for it
			return
		}
		n := limit - min(limit, parseUint(readWord(filepath.Join(dir, used))))
		if !limited || n < left {
			left, limited = n, true
		}
	}
	for _, dir := range cgroupDirs("") {
		look(dir, most, used)
	}
	for _, dir := range cgroupDirs(controller) {
		look(dir, most1, used1)
	}
	return left, limited
}
