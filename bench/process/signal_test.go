package process_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/process"
)

// helpUntilSignal writes lines to standard error until its context ends. Then it writes the cause to the file RESULT.
func helpUntilSignal() {
	if os.Getenv("NOHUP") != "" {
		signal.Ignore(syscall.SIGHUP)
	}
	ctx, atOnce, done := process.UntilSignal(context.Background(), os.Stderr)
	defer done()
	fmt.Println("ready")
	for end := time.Now().Add(patience); ctx.Err() == nil && time.Now().Before(end); time.Sleep(time.Millisecond) {
		fmt.Fprintln(os.Stderr, "going on")
	}
	cause := context.Cause(ctx)
	_, _ = io.Copy(io.Discard, os.Stdin) // until all signals are sent
	select {
	case <-atOnce:
	case <-time.After(500 * time.Millisecond):
	}
	text := fmt.Sprintln(cause, process.IsClosed(atOnce))
	if err := os.WriteFile(os.Getenv("RESULT"), []byte(text), 0o644); err != nil {
		panic(err)
	}
}

func TestUntilSignal(t *testing.T) {
	hup, term, interrupt := syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT
	for name, test := range map[string]struct {
		env     string
		signals []syscall.Signal
		close   bool // closes the pipe that the helper writes to
		want    string
	}{
		"closed terminal":           {"", []syscall.Signal{hup}, false, "interrupted false"},
		"closed terminal and shell": {"", []syscall.Signal{hup, hup}, false, "interrupted false"},
		"Ctrl-C":                    {"", []syscall.Signal{interrupt}, false, "interrupted false"},
		"two signals":               {"", []syscall.Signal{hup, term}, false, "interrupted true"},
		"nohup, ignored SIGHUP":     {"NOHUP=1", []syscall.Signal{hup, term}, false, "interrupted false"},
		"closed output pipe":        {"", nil, true, "output pipe was closed false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := t.TempDir() + "/result"
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), helperEnv+"=until", "RESULT="+result, test.env)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			log, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
				t.Fatalf("the helper printed %q, %v", line, err)
			}
			if test.close {
				log.Close()
			}
			for _, s := range test.signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(20 * time.Millisecond) // otherwise two signals may be merged
			}
			in.Close()
			if !test.close {
				go io.Copy(io.Discard, log)
			}
			state, err := cmd.Process.Wait()
			if err != nil || !state.Success() {
				t.Fatalf("the helper ended with %v, %v", state, err)
			}
			text, err := os.ReadFile(result)
			if got := strings.TrimSpace(string(text)); err != nil || got != test.want {
				t.Errorf("cause and atOnce: %q, %v; want %q", got, err, test.want)
			}
		})
	}
}
