package process

import (
	"fmt"
	"os"
	"syscall"

	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

// maxKillRounds bounds the number of searches for children: a child that is just being started is found in a later one.
const maxKillRounds = 10

// killChildren kills the children of the CGI host with that PID, and all their descendants, whichever group or session
// they are in. It finds them by a mark that the host puts into their environment, where the system shows it. It is for
// a host that cannot end its children itself.
func killChildren(host int) {
	for range maxKillRounds {
		var ids []spawn.ID
		for _, child := range spawn.Marked(fmt.Sprintf("%s=%d.", contract.EnvChild, host)) {
			if child.PID != os.Getpid() {
				ids = append(ids, child.ID)
			}
		}
		if len(ids) == 0 {
			return
		}
		spawn.Signal(ids, syscall.SIGKILL)
	}
}
