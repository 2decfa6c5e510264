package process

import "github.com/prometheus/procfs"

// Running reports whether a thread of the processes is running, or waiting for a core or a disk.
func Running(pids ...int) bool {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return false
	}
	for _, pid := range pids {
		threads, _ := fs.AllThreads(pid) // empty if the process has ended
		for _, thread := range threads {
			if stat, err := thread.Stat(); err == nil && (stat.State == "R" || stat.State == "D") {
				return true
			}
		}
	}
	return false
}
