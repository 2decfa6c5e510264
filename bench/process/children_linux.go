package process

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"forktax/workload/contract"
)

// maxKillRounds bounds the number of searches for children: a child that is just being started is found in a later one.
const maxKillRounds = 10

// killChildren kills the children of the CGI host with that PID, and all their descendants, whichever group or session
// they are in. It finds them by a mark that the host puts into their environment. It is for a host that cannot end its
// children itself.
func killChildren(host int) {
	mark := fmt.Appendf(nil, "%s=%d.", contract.EnvChild, host)
	for range maxKillRounds {
		found := false
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			environment, _ := os.ReadFile(file) // empty for processes of other users
			if !bytes.HasPrefix(environment, mark) && !bytes.Contains(environment, append([]byte{0}, mark...)) {
				continue
			}
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file))); err == nil && pid != os.Getpid() {
				found = syscall.Kill(pid, syscall.SIGKILL) == nil || found
			}
		}
		if !found {
			return
		}
	}
}
