package machine

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/procfs"
)

// cgroupDirs returns the directories of this process's control group and its ancestors, innermost first. controller is
// a controller of version 1; "" means version 2.
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

// parseUint parses a number in a kernel file; it returns 0 if the text is not a number.
func parseUint(text string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	return n
}

// remaining returns the smallest unused part of a limit in this process's control groups. It reports false if there is
// no limit. The arguments name the files of the limit and the usage, first for version 2 and then for version 1.
func remaining(controller, most, used, most1, used1 string) (left uint64, limited bool) {
	read := func(dir, most, used string) {
		limit, err := strconv.ParseUint(readWord(filepath.Join(dir, most)), 10, 64)
		if err != nil || limit >= 1<<62 { // "max", or the equivalent number of version 1
			return
		}
		n := limit - min(limit, parseUint(readWord(filepath.Join(dir, used))))
		if !limited || n < left {
			left, limited = n, true
		}
	}
	for _, dir := range cgroupDirs("") {
		read(dir, most, used)
	}
	for _, dir := range cgroupDirs(controller) {
		read(dir, most1, used1)
	}
	return left, limited
}
