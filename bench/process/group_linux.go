package process

import (
	"os/exec"
	"runtime"
	"syscall"
)

// endWithParent makes the kernel send the program SIGTERM when this process dies. That covers the moment before the
// guard has the group, and systems without a guard. The kernel sends the signal when the thread that started the
// program ends. So the caller stays locked to its thread until it calls done, after the program's end.
func endWithParent(cmd *exec.Cmd) (done func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	return runtime.UnlockOSThread
}
