package subject_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"forktax/bench/account"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// A process that a CGI program leaves behind ends with the host, even if it has left the process group, its parent is
// gone, and its environment is empty.
func TestLeftBehind(t *testing.T) {
	group := account.NewGroup("forktax-test")
	if group == nil {
		testenv.Skip(t, errors.New("this user cannot create control groups"))
	}
	if err := group.Remove(); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "leaves.cgi")
	const text = `#!/bin/sh
printf 'Content-Type: text/plain\n\n'
env -i setsid sh -c 'sleep 1000 </dev/null >/dev/null 2>&1 & echo $!'
`
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	p, err := subject.Describe(t.Context(), filepath.Join(programtest.Build(t, "forktax-cgi"), "forktax-cgi"))
	if err != nil {
		t.Fatal(err)
	}
	var messages strings.Builder
	l := launcher(t, p)
	l.Messages, l.Env = &messages, map[string]string{contract.EnvScriptPath: script}
	target, stop, err := l.Launch(t.Context(), subject.ScriptModel, p.Name)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(get(t, target.URL+"/")))
	if err != nil || syscall.Kill(pid, 0) != nil {
		t.Errorf("the program has left %d, which does not run (%v)", pid, err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err == nil && !strings.Contains(string(stat), ") Z ") {
		t.Errorf("it still runs: %s", stat)
	}
	const want = "warning: 1 process that a program had left behind was killed; "
	if !strings.HasPrefix(messages.String(), want) {
		t.Errorf("messages %q, want %q", messages.String(), want)
	}
}
