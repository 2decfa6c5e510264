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

// A serverDir is a temporary directory in which servers run as an unprivileged user. The servers are ended and the
// directory is removed even if this process is killed.
type serverDir struct {
	dir    string
	runAs  *runAsUser
	cgroup *account.Group // nil if there is none
	// ignoresSIGCHLD is set if the server ignores SIGCHLD: then only the control group has the usage of its children.
	ignoresSIGCHLD bool
	watchdog       *watchdog
}

// newServerDir makes a directory for the named server. User is the unprivileged user that the server's package made.
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

// command returns a command that runs as the user in the directory. It does not inherit the environment of this
// process, where variables may be meant for other servers.
func (h *serverDir) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = h.dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}, h.runAs.sysProcAttr()
	h.cgroup.Prepare(cmd)
	return cmd
}

// start starts a command by startFunc, unless that is nil.
func (h *serverDir) start(cmd *exec.Cmd, startFunc func(start func() error) error) (*process.Process, error) {
	return process.Start(cmd, nil, func(start func() error) error {
		return h.cgroup.Start(func() error {
			if startFunc == nil {
				return start()
			}
			return startFunc(start)
		})
	})
}

// stopAndRemove ends the processes, the last one first, and removes the directory. Processes and h may be nil.
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

// removeAll removes dir. It retries for two seconds, since a process that is about to end may still make files.
func removeAll(dir string) (err error) {
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("removing the server's files: %w", err)
}
