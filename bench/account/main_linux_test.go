package account_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// roleVariable makes the test binary run as a process whose CPU time is measured. Such a process reads a command per
// line and prints a line when it is done:
//
//	burn    use burnt of CPU time
//	used    print the CPU time used, including children that were waited for
//
// It exits at the end of its input. The role middle has a child with the role worker, to which it passes on commands
// that begin with "child ". It has additional commands:
//
//	end     end its child
//	await   wait until its child has ended, without reaping it
//	reap    wait for its child
const roleVariable = "ACCOUNT_TEST_ROLE"

const burnt = 200 * time.Millisecond

func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise each process under -race takes a second to exit
	switch role := os.Getenv(roleVariable); role {
	case "":
		os.Exit(m.Run())
	case "worker":
		perform(nil)
	case "middle":
		child, err := start("worker")
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(child.cmd.Process.Pid)
		perform(child)
	}
}

// perform executes the commands on standard input until its end.
func perform(child *actor) {
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		word, passed := strings.CutPrefix(in.Text(), "child ")
		if passed {
			line, err := child.ask(word)
			fmt.Println(line, err)
			continue
		}
		switch word {
		case "burn":
			for begin := used(syscall.RUSAGE_SELF); used(syscall.RUSAGE_SELF) < begin+burnt; {
			}
			fmt.Println("burnt")
		case "used":
			fmt.Println(int64(used(syscall.RUSAGE_SELF) + used(syscall.RUSAGE_CHILDREN)))
		case "end":
			child.in.Close()
			fmt.Println("closed")
		case "await":
			await(child.cmd.Process.Pid)
			fmt.Println("ended")
		case "reap":
			fmt.Println(child.cmd.Wait())
		}
	}
}

func used(who int) time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(who, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// await waits until a child has ended, but does not reap it.
func await(pid int) {
	const byPID = 1
	for {
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, syscall.WEXITED|syscall.WNOWAIT, 0, 0)
		if err != syscall.EINTR {
			return
		}
	}
}

// An actor is a process that executes commands.
type actor struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// prepared returns an actor that has not been started.
func prepared(role string) (*actor, error) {
	a := &actor{cmd: exec.Command("/proc/self/exe")}
	a.cmd.Env, a.cmd.Stderr = append(os.Environ(), roleVariable+"="+role), os.Stderr
	var err error
	if a.in, err = a.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := a.cmd.StdoutPipe()
	a.out = bufio.NewReader(out)
	return a, err
}

func start(role string) (*actor, error) {
	a, err := prepared(role)
	if err != nil {
		return nil, err
	}
	return a, a.cmd.Start()
}

// ask sends a command to the actor and returns the line that it prints.
func (a *actor) ask(word string) (line string, err error) {
	if _, err := fmt.Fprintln(a.in, word); err != nil {
		return "", err
	}
	line, err = a.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// started starts an actor for the duration of the test.
func started(t *testing.T, role string) *actor {
	t.Helper()
	a, err := start(role)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		a.in.Close()
		a.cmd.Wait()
	})
	return a
}

// do sends a command that must succeed.
func (a *actor) do(t *testing.T, word string) string {
	t.Helper()
	line, err := a.ask(word)
	if err != nil {
		t.Fatalf("%s: %v", word, err)
	}
	return line
}

// used returns the CPU time that the actor, or its child, has used.
func (a *actor) used(t *testing.T, word string) time.Duration {
	t.Helper()
	var ns int64
	line := a.do(t, word)
	if _, err := fmt.Sscan(line, &ns); err != nil {
		t.Fatalf("%s: %q: %v", word, line, err)
	}
	return time.Duration(ns)
}
