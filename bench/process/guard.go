package process

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
)

// A guard is a shell that waits for the end of this process, and then ends the registered process groups that remain.
// It is in its own process group, so that a signal to this process's group does not end it.
type guard struct {
	mu sync.Mutex
	in *os.File // standard input of the shell, which ends with this process; nil if the shell did not start
}

// guardScript reads lines of + or - and the ID of a process group, or the directory of a control group. At the end of
// its input, remaining groups get SIGTERM, on which a CGI host ends its children and git and compilers clean up. After
// ten seconds they get SIGKILL. What is left in the control groups then is killed, and they are removed.
const guardScript = `
trap '' HUP INT QUIT TERM
groups=
dirs=
while read -r sign group; do
	others=
	for g in $groups; do [ "$g" = "-$group" ] || others="$others $g"; done
	groups=$others
	others=
	for d in $dirs; do [ "$d" = "$group" ] || others="$others $d"; done
	dirs=$others
	case $sign$group in
	+/*) dirs="$dirs $group" ;;
	+*) groups="$groups -$group" ;;
	esac
done
clean() {
	for try in 1 2 3 4 5 6 7 8 9 10; do
		left=
		for d in $dirs; do
			[ -d "$d" ] || continue
			left=$d
			kill -KILL $(cat "$d/cgroup.procs")
			rmdir -- "$d"
		done
		[ -n "$left" ] || exit
		sleep 0.1
	done
	exit
}
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 \
	26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50; do
	left=
	for g in $groups; do kill -0 "$g" && left="$left $g"; done
	[ -n "$left" ] || clean
	[ "$try" -gt 1 ] || kill -TERM $left
	sleep 0.2
done
kill -KILL $left
clean
`

// guardPID is the PID of the guard; 0 while there is none.
var guardPID atomic.Int64

// theGuard starts the guard, once. Without a shell nothing is guarded, and everything else works.
var theGuard = sync.OnceValue(func() *guard {
	cmd := exec.Command("/bin/sh", "-c", guardScript, "forktax-guard")
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Setpgid: true}
	r, w, err := os.Pipe()
	if err != nil {
		return &guard{}
	}
	defer r.Close()
	cmd.Stdin = r
	if cmd.Start() != nil {
		w.Close()
		return &guard{}
	}
	guardPID.Store(int64(cmd.Process.Pid))
	go cmd.Wait()
	return &guard{in: w}
})

// send writes a line for guardScript.
func (g *guard) send(sign string, group any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in != nil {
		fmt.Fprintln(g.in, sign, group)
	}
}

// StartGuard starts the guard, unless it is running. Starting takes a moment, so it is called before the program to be
// guarded is started.
func StartGuard() { theGuard() }

// Guard makes a process group end with this process, however this process ends: after SIGKILL it cannot end the group
// itself. The caller calls release when the group has ended.
func Guard(group int) (release func()) {
	theGuard().send("+", group)
	return func() { theGuard().send("-", group) }
}

// GuardGroup makes the processes of a control group, given by its directory, end with this process, and removes the
// group. The caller calls release when it has removed the group itself.
func GuardGroup(dir string) (release func()) {
	theGuard().send("+", dir)
	return func() { theGuard().send("-", dir) }
}

// Shell returns a shell command that registers its own group with the guard before the script begins. Guard registers a
// group only after the start of the command. If this process is killed in between, children of the script would remain.
func Shell(script string) *exec.Cmd {
	g := theGuard()
	if g.in == nil {
		return exec.Command("/bin/sh", "-c", script)
	}
	cmd := exec.Command("/bin/sh", "-c", "echo + $$ >&3\nexec 3>&-\n"+script)
	cmd.ExtraFiles = []*os.File{g.in}
	return cmd
}

// started holds the PIDs of the processes that Start has started and that have not ended.
var started sync.Map

// IsKept reports whether the process is the guard or was started by Start. Such a process is ended by the caller that
// started it, and must not be killed together with leftover processes.
func IsKept(pid int) bool {
	_, kept := started.Load(pid)
	return kept || pid != 0 && guardPID.Load() == int64(pid)
}
