package process

import (
	"os/exec"
	"runtime"
	"syscall"
)

// endWithParent has the kernel send the program SIGTERM when this process dies: also in the moment before the guard has
// its group, and where there is no guard. The kernel takes the death of the thread that started it for that of the
// process, so the caller stays on its thread until done is called, after the program's end.
func endWithParent(cmd *exec.Cmd) (done func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr.Pdeathsig = syscall.SIGTERM
	return runtime.UnlockOSThread
}
