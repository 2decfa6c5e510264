package process_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/account"
	"forktax/bench/process"
	"forktax/bench/testenv"
)

func init() { helpers["group"] = helpGroup }

// helpGroup starts a process in a control group, outside of its own process group, and prints its PID and the group.
func helpGroup() {
	group := account.NewGroup(fmt.Sprint("forktax-test-", os.Getpid()))
	if group == nil {
		fmt.Println("none")
		return
	}
	process.StartGuard()
	process.GuardGroup(group.Dir())
	cmd := exec.Command("sleep", "1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	group.Prepare(cmd)
	if err := group.Start(cmd.Start); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cmd.Process.Pid, group.Dir())
	time.Sleep(time.Hour)
}

// The processes of a control group end with the process that has made it, and the group is removed.
func TestControlGroupEndsWithParent(t *testing.T) {
	cmd, line := helped(t, "group")
	pid, dir, found := strings.Cut(line, " ")
	if !found {
		testenv.Skip(t, errors.New("this user cannot create control groups"))
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	ended(t, pid, patience)
	for begin := time.Now(); ; time.Sleep(10 * time.Millisecond) {
		if _, err := os.Stat(dir); err != nil {
			return
		}
		if time.Since(begin) > patience {
			t.Fatalf("%s still exists", dir)
		}
	}
}
