package machine

import (
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"forktax/bench"
)

func describe(e *bench.Environment) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		e.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return
	}
	if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
		e.CPU = strings.Join(strings.Fields(cpus[0].ModelName), " ")
	}
	if memory, err := fs.Meminfo(); err == nil && memory.MemTotalBytes != nil {
		e.MemoryBytes = int64(*memory.MemTotalBytes)
	}
	if load, err := fs.LoadAvg(); err == nil {
		e.Load1 = load.Load1
	}
}
