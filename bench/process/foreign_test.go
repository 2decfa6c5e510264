package process_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"forktax/bench/process"
)

// The log of a program cannot control a terminal. It is escaped where it is passed on and in errors, which have one log
// line per line. LogLines, stored as JSON, returns it unescaped.
func TestLogsOfOthersAreShownEscaped(t *testing.T) {
	const script = `printf '\033[2Jgone\rover\nsecond\n' >&2; `
	shell := func(rest string) *exec.Cmd { return exec.Command("/bin/sh", "-c", script+rest) }

	var log bytes.Buffer
	p, err := process.Start(shell("exit 3"), &log, nil)
	if err != nil {
		t.Fatal(err)
	}
	<-p.Gone()
	if got, want := log.String(), `\x1b[2Jgone\rover`+"\nsecond\n"; got != want {
		t.Errorf("log passed on = %q, want %q", got, want)
	}

	const want = "\n  \\x1b[2Jgone\\rover\n  second"
	if p, err = process.Start(shell("exit 3"), nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := <-p.Gone(); !strings.HasSuffix(err.Error(), "last log lines:"+want) {
		t.Errorf("Gone yields %q, want %q at the end", err, want)
	}
	lines := p.LogLines()
	if len(lines) != 2 || lines[0] != "\x1b[2Jgone\rover" {
		t.Errorf("LogLines = %q, want unescaped lines", lines)
	}
	if got, want := process.Logged(lines), "; it logged:\n  \\x1b[2Jgone\\rover\n  second"; got != want {
		t.Errorf("Logged = %q, want %q", got, want)
	}

	if _, err := process.Output(t.Context(), patience, shell("exit 3")); err == nil ||
		err.Error() != "exit status 3:"+want {
		t.Errorf("Output = %q, want exit status 3 and %q", err, want)
	}
}
