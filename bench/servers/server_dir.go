package servers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"forktax/bench/account"
	"forktax/bench/process"
)

// A serverDir is a temporary directory in which servers run as an unprivileged user. It is removed, and they are ended,
// also if this process is killed.
type serverDir struct {
	dir            string
	runAs          *runAsUser
	cgroup         *account.Group // nil if there is none
	ignoresSIGCHLD bool           // the server has the kernel forget its children, so that only the control group has what they used
	watchdog       *watchdog
}

// newServerDir makes one for the server of that name, whose package made the user.
func newServerDir(server, user string) (h *serverDir, err error) {
	h = &serverDir{}
	if h.runAs, err = newRunAsUser(user); err != nil {
		return nil, err
	}
	if h.dir, err = h.runAs.makeTempDir("forktax-" + server + "-"); err != nil {
		return nil, err
	}
	h.cgroup = account.NewGroup(filepath.Base(h.dir))
	if h.watchdog, err = newWatchdog(h.dir, h.cgroup.Dir()); err != nil {
		return nil, errors.Join(err, h.cgroup.Remove(), removeAll(h.dir))
	}
	return h, nil
}

// command is a command that runs as the user, in the directory, without our environment, where variables may be
// meant for other servers.
func (h *serverDir) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = h.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, h.runAs.sysProcAttr()
	h.cgroup.Prepare(cmd)
	return cmd
}

// start starts a command of run, where elsewhere has it start, unless that is nil.
func (h *serverDir) start(cmd *exec.Cmd, elsewhere func(start func() error) error) (*process.Process, error) {
	return process.Start(cmd, nil, func(start func() error) error {
		return h.cgroup.Start(func() error {
			if elsewhere == nil {
				return start()
			}
			return elsewhere(start)
		})
	})
}

// stopAndRemove ends the processes, the last one first, and removes the folder. A process or a home that is nil was not
// begun.
func (h *serverDir) stopAndRemove(processes ...*process.Process) error {
	if h == nil {
		return nil
	}
	defer h.watchdog.dismiss()
	var errs []error
	for _, p := range slices.Backward(processes) {
		if p != nil {
			errs = append(errs, p.Stop(stopLimit, nil))
		}
	}
	return errors.Join(append(errs, h.cgroup.Remove(), removeAll(h.dir))...)
}

// removeAll tries again for a while if a process that is about to end still makes files.
func removeAll(dir string) (err error) {
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("removing the server's files: %w", err)
}
