package servers

import (
	"fmt"
	"io"
	"os/exec"
	"syscall"
)

// A watchdog waits for the end of this process, and if it was not dismissed before, ends the servers that were started
// and removes their folder. It is a shell, so that nothing that ends forktax by its name ends it, too.
type watchdog struct {
	cmd  *exec.Cmd
	pipe io.WriteCloser // that ends with this process
}

// watchdogScript is what the watchdog does. It is told the numbers of the servers' processes, and then either that all
// is well or, by the end of its input, that it is not. The servers end without saving anything. What they may have been
// about to create is removed in several goes: initdb, whose number nobody tells, takes a moment to notice that its
// folder is gone.
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

// newWatchdog starts one for the folder dir, and for the control group at the path, if there is one.
func newWatchdog(dir, group string) (*watchdog, error) {
	g := &watchdog{cmd: exec.Command("/bin/sh", "-c", watchdogScript, "forktax-watchdog", dir, group)}
	g.cmd.Dir, g.cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is not meant for it
	var err error
	if g.pipe, err = g.cmd.StdinPipe(); err == nil {
		err = g.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("starting a watchdog over %s: %w", dir, err)
	}
	return g, nil
}

// watch gives the watchdog a server's process, which leads a group of its own.
func (g *watchdog) watch(pid int) { fmt.Fprintln(g.pipe, pid) }

// dismiss ends the watchdog: there is nothing left to be removed.
func (g *watchdog) dismiss() {
	fmt.Fprintln(g.pipe, "dismissed")
	g.pipe.Close()
	g.cmd.Wait()
}
