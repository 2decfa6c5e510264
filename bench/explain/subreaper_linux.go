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

// adopted says whether orphans are this process's. If not, there is nobody to look for.
var adopted atomic.Bool

// AdoptOrphans makes this process the parent of whatever programs leave behind that it starts from now on, so that it
// can be found and ended: a process that leaves its group, as daemons do, is not killed with the group. Until release
// is called, which ends what is left, the caller starts nothing that is to stay in a process group of its own, but for
// what process.Start starts.
func AdoptOrphans() (release func()) {
	_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) // fails on no kernel that Go runs on
	adopted.Store(true)
	return func() {
		killOrphans()
		adopted.Store(false)
		_ = unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
	}
}

// mostGenerations bounds how often orphans are looked for: when one is killed, its children come.
const mostGenerations = 100

// killOrphans ends what was left behind, when nothing else runs. Children that somebody else in this process started
// are in its own process group, and stay, as do the guard and what process.Start has started.
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

// children lists the processes whose parent is this one.
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
