package explain

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"forktax/bench/process"
)

// adopted reports whether this process is the parent of orphans. Otherwise there are none to find.
var adopted atomic.Bool

// AdoptOrphans makes this process the parent of processes that programs started from now on leave running. So these can
// be found and killed even if they left their process group, as daemons do. Release kills the remaining ones. Until
// release is called, the caller must not start processes that should survive in a process group of their own, except by
// process.Start.
func AdoptOrphans() (release func()) {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // fails on no kernel that Go runs on
	adopted.Store(true)
	return func() {
		killOrphans()
		adopted.Store(false)
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	}
}

// mostGenerations limits how often orphans are looked for: the children of a killed orphan become orphans, too.
const mostGenerations = 100

// killOrphans kills the processes that programs left running. It is called while no program runs. Other children of
// this process survive: those in its own process group, the guard, and those started by process.Start.
func killOrphans() {
	if !adopted.Load() {
		return
	}
	for range mostGenerations {
		found := false
		for _, pid := range children() {
			if group, err := unix.Getpgid(pid); err != nil || group == unix.Getpgrp() || process.IsKept(pid) {
				continue
			}
			if unix.Kill(pid, unix.SIGKILL) == nil {
				_, _ = unix.Wait4(pid, nil, 0, nil)
				found = true
			}
		}
		if !found {
			return
		}
	}
}

// children returns the IDs of this process's children.
func children() []int {
	var all []int
	files, _ := filepath.Glob("/proc/self/task/*/children")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(field); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}
