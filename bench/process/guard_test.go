package process_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/process"
)

// helperEnv makes the test binary run as a helper program; its value is a key of helpers.
const helperEnv = "FORKTAX_TEST_HELPER"

var helpers = map[string]func(){"guard": helpGuard, "output": helpOutput, "shell": helpShell, "start": helpStart,
	"temporary": helpTempDir, "until": helpUntilSignal}

// supervise makes the test binary run as a supervisor, and reports whether it was started as one. It is nil on systems
// without supervisors.
var supervise func() bool

func TestMain(m *testing.M) {
	if supervise != nil && supervise() {
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise each supervisor under -race takes a second to exit
	if help := helpers[os.Getenv(helperEnv)]; help != nil {
		help()
		return
	}
	os.Exit(m.Run())
}

// helped starts the test binary as a helper in its own process group, like a shell, and returns the first line that it
// prints.
func helped(t *testing.T, name string, env ...string) (cmd *exec.Cmd, line string) {
	t.Helper()
	cmd = exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), helperEnv+"="+name, "GOTRACEBACK=none"), env...)
	cmd.Stderr, cmd.SysProcAttr = os.Stderr, &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	line, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("reading the line of the helper %s: %v", name, err)
	}
	return cmd, strings.TrimSpace(line)
}

// twoProcesses returns a command that runs for long and has a background process that does so, too. It prints the PIDs
// of both 0.5 s after their start, when the guard has their group.
func twoProcesses() *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", os.Getenv("FIRST")+"sleep 1000 & other=$!; sleep 0.5; echo $$ $other >&3; wait")
	cmd.ExtraFiles = []*os.File{os.Stdout}
	return cmd
}

func helpOutput() {
	_, err := process.Output(context.Background(), time.Hour, twoProcesses())
	fmt.Println(err)
}

func helpStart() {
	if _, err := process.Start(twoProcesses(), nil, nil); err != nil {
		fmt.Println(err)
	}
	time.Sleep(time.Hour)
}

// ended fails the test unless all processes listed in line end in time.
func ended(t *testing.T, line string, within time.Duration) {
	t.Helper()
	for _, field := range strings.Fields(line) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatalf("the helper printed %q", line)
		}
		for begin := time.Now(); isAlive(pid); time.Sleep(10 * time.Millisecond) {
			if time.Since(begin) > within {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				t.Fatalf("process %d still runs after %v", pid, within)
			}
		}
	}
}

// isAlive reports whether the process exists and is not a zombie.
func isAlive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, state, found := strings.Cut(string(stat), ") ")
	return err != nil || !found || !strings.HasPrefix(state, "Z")
}

// A process group ends with the process that started it, however that process ends.
func TestGroupsEndWithParent(t *testing.T) {
	for _, helper := range []string{"output", "start"} {
		for _, s := range []syscall.Signal{syscall.SIGKILL, syscall.SIGQUIT} {
			t.Run(fmt.Sprint(helper, " ", s), func(t *testing.T) {
				t.Parallel()
				cmd, line := helped(t, helper)
				if err := syscall.Kill(-cmd.Process.Pid, s); err != nil { // like a shell that kills a job
					t.Fatal(err)
				}
				ended(t, line, patience)
			})
		}
	}
}

// A script of Shell is guarded from its first line on. Here it kills the process that started it, which may not have
// registered the group with the guard yet.
func TestShellIsGuardedAtOnce(t *testing.T) {
	_, line := helped(t, "shell")
	ended(t, line, patience)
}

func helpShell() {
	cmd := process.Shell("sleep 1000 & echo $! >&4; kill -KILL $PPID; wait")
	cmd.ExtraFiles = append(cmd.ExtraFiles, os.Stdout)
	_, err := process.Output(context.Background(), time.Hour, cmd)
	fmt.Println(err)
}

// A group that has ended is no longer guarded, and a process that exits normally leaves no guard.
func TestGuardEnds(t *testing.T) {
	if _, err := process.Output(t.Context(), patience, exec.Command("true")); err != nil {
		t.Fatal(err)
	}
	_, line := helped(t, "guard")
	ended(t, line, patience)
}

// helpGuard prints the PID of its guard and exits.
func helpGuard() {
	_, err := process.Output(context.Background(), patience, exec.Command("true"))
	files, _ := filepath.Glob("/proc/self/task/*/children")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		for _, field := range strings.Fields(string(text)) {
			if pid, _ := strconv.Atoi(field); process.IsKept(pid) {
				fmt.Println(pid)
				return
			}
		}
	}
	fmt.Println("no guard:", err)
}
