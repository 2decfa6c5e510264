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

// maxKillRounds bounds how often children are looked for: one that is being started is not yet among them.
const maxKillRounds = 10

// killChildren kills the children of the CGI host of that number, and what they have started, wherever they went: all
// have the mark in their environment that the host has given them. It is for a host that cannot do it any more.
func killChildren(host int) {
	mark := fmt.Appendf(nil, "%s=%d.", contract.EnvChild, host)
	for range maxKillRounds {
		found := false
		files, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, file := range files {
			environment, _ := os.ReadFile(file) // of who is somebody else's, nothing
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
