package account

import (
	"os"
	"path/filepath"
	"strings"
)

// dirs returns the directories of a process's control group and its ancestors, as far as they are visible, innermost
// first.
func (h hierarchy) dirs(proc, process string) (dirs []string) {
	root, mount, mounted := h.mount(proc)
	path, member := h.path(proc, process)
	if !mounted || !member {
		return nil
	}
	below, within := strings.CutPrefix(path, strings.TrimSuffix(root, "/"))
	if !within {
		if !strings.HasPrefix(root, "/..") { // "/..": the root of the mount is above this process's namespace
			return nil
		}
		below = ""
	}
	for dir := filepath.Join(mount, below); ; dir = filepath.Dir(dir) {
		dirs = append(dirs, dir)
		if len(dir) <= len(mount) {
			return dirs
		}
	}
}

// unescape decodes the octal escapes of mountinfo.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)

// mount returns the mount point of the hierarchy, and the group that is the root of the mount. See
// proc_pid_mountinfo(5).
func (h hierarchy) mount(proc string) (root, dir string, ok bool) {
	text, _ := os.ReadFile(filepath.Join(proc, "self", "mountinfo"))
	for line := range strings.Lines(string(text)) {
		place, system, _ := strings.Cut(line, " - ")
		fields, kind := strings.Fields(place), strings.Fields(system) // kind: file system type, source, options
		if len(fields) >= 5 && len(kind) >= 3 && kind[0] == h.fileSystem && h.in(kind[2]) {
			return unescape.Replace(fields[3]), unescape.Replace(fields[4]), true
		}
	}
	return "", "", false
}

// path returns the group of a process in the hierarchy.
func (h hierarchy) path(proc, process string) (path string, ok bool) {
	text, _ := os.ReadFile(filepath.Join(proc, process, "cgroup"))
	for line := range strings.Lines(string(text)) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3) // number, controllers, path
		if len(fields) == 3 && (fields[1] == "") == (h.controller == "") && h.in(fields[1]) {
			return fields[2], true
		}
	}
	return "", false
}
