//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// newProcessGroup puts the program in its own process group. So Ctrl-C reaches only the harness, which then stops the
// program in order, and the program can be killed with all its children. If the harness dies, the guard ends the group.
func newProcessGroup(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}

// killGroup kills all processes in the program's group.
func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
