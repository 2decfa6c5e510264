package process

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
)

// A guard is a shell that waits for the end of this process, and then ends the process groups that it was given and
// that still are there. It is in a group of its own, so that what ends this process's group does not end it.
type guard struct {
	mu sync.Mutex
	in *os.File // its standard input, which ends with this process; nil if it did not start
}

// guardScript reads lines of + or -, and the number of a group. When there are no more, what is left gets SIGTERM, by
// which a host ends its children, and which git and compilers clean up at; after ten seconds SIGKILL.
const guardScript = `
trap '' HUP INT QUIT TERM
groups=
while read -r sign group; do
	others=
	for g in $groups; do [ "$g" = "-$group" ] || others="$others $g"; done
	groups=$others
	[ "$sign" = - ] || groups="$groups -$group"
done
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 \
	26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50; do
	left=
	for g in $groups; do kill -0 "$g" && left="$left $g"; done
	[ -n "$left" ] || exit
	[ "$try" -gt 1 ] || kill -TERM $left
	sleep 0.2
done
kill -KILL $left
`

// guardPID is the number of the guard's process; 0 while there is none.
var guardPID atomic.Int64

// theGuard starts the guard, once. Without a shell nothing is guarded, and all else works.
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

func (g *guard) say(sign string, group int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.in != nil {
		fmt.Fprintln(g.in, sign, group)
	}
}

// StartGuard starts the guard, unless it runs. That takes a moment; after the start of what is to be guarded it would
// be too late for some.
func StartGuard() { theGuard() }

// Guard has the process group that the command leads end with this process, however this process ends: SIGKILL leaves
// it no time to do so itself. Release is called when the group has ended.
func Guard(cmd *exec.Cmd) (release func()) {
	group := cmd.Process.Pid
	theGuard().say("+", group)
	return func() { theGuard().say("-", group) }
}

// Shell is a command of the shell that tells the guard of its own group before the script begins. Guard tells it when the
// command has been started: too late for what the script starts, if this process is killed in between.
func Shell(script string) *exec.Cmd {
	g := theGuard()
	if g.in == nil {
		return exec.Command("/bin/sh", "-c", script)
	}
	cmd := exec.Command("/bin/sh", "-c", "echo + $$ >&3\nexec 3>&-\n"+script)
	cmd.ExtraFiles = []*os.File{g.in}
	return cmd
}

// started has the numbers of the processes that Start has started and that have not ended.
var started sync.Map

// IsKept reports whether the process is the one that guards, or one that Start has started: whoever started it ends it,
// and it must not be ended with what others have left behind.
func IsKept(pid int) bool {
	_, kept := started.Load(pid)
	return kept || pid != 0 && guardPID.Load() == int64(pid)
}
