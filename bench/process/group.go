//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// newProcessGroup puts the program in a process group of its own, so that Ctrl-C reaches the harness alone, which then
// ends it in order, and so that all its children can be killed with it. If the harness dies, the guard ends the group.
func newProcessGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// killGroup ends everything in the program's group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
