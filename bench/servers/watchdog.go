package servers

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// A watchdog waits for the end of this process. If it was not dismissed before, it ends the started servers and removes
// their directory. It is a shell, so that a command that kills forktax by name does not kill the watchdog too.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser // closed by the system when this process ends
}

// watchdogScript is the shell script of the watchdog. It reads the PIDs of the servers, and then the word dismissed.
// If the input ends without that word, it kills the servers, which save nothing. It removes the directory several
// times, since initdb, whose PID it does not have, takes a moment to notice that its directory is gone.
const watchdogScript = `
servers=
while read -r word; do
	case $word in
	dismissed) exit ;;
	*) servers="$servers -$word" ;;
	esac
done
if [ -n "$servers" ]; then
	kill -QUIT $servers
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		kill -0 $servers || break
		sleep 0.2
	done
	kill -KILL $servers
fi
for try in 1 2 3 4 5 6 7 8 9 10; do
	rm -rf -- "$1"
	if [ -d "$2" ]; then
		kill -KILL $(cat "$2/cgroup.procs")
		rmdir -- "$2"
	fi
	sleep 0.2
done
`

// newWatchdog starts a watchdog for the directory dir and the control group at the path group; "" if there is none.
func newWatchdog(dir, group string) (*watchdog, error) {
	g := &watchdog{cmd: exec.Command("/bin/sh", "-c", watchdogScript, "forktax-watchdog", dir, group)}
	g.cmd.Dir, g.cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setpgid: true} // not reached by Ctrl-C
	var err error
	if g.pipe, err = g.cmd.StdinPipe(); err == nil {
		err = g.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting a watchdog for %s: %w", dir, err)
	}
	return g, nil
}

// watch adds a server's process, which leads a process group of its own.
func (g *watchdog) watch(pid int) { fmt.Fprintln(g.pipe, pid) }

// dismiss ends the watchdog. It is called when nothing is left to remove.
func (g *watchdog) dismiss() {
	fmt.Fprintln(g.pipe, "dismissed")
	g.pipe.Close()
	g.cmd.Wait()
}
