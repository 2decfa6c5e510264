//go:build slow

package forktax_test

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"forktax/bench/servers"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
)

// Every command in the documents succeeds. Commands run unchanged, except for runs, which are shortened, and commands
// that a test cannot run within itself.
func TestCommandsOfTheDocuments(t *testing.T) {
	forktax := filepath.Join(programtest.Build(t, "forktax"), "forktax")
	results := t.TempDir()
	prefix := filepath.Join(t.TempDir(), "a prefix")
	var lines []string
	for _, name := range documents(t) {
		shown := commandLines(t, name)
		if len(shown) == 0 && (name == "README.md" || name == "CONTRIBUTING.md") {
			t.Errorf("%s shows no command", name)
		}
		lines = append(lines, shown...)
	}
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			command, found := strings.CutPrefix(line, "go run ./cmd/forktax ")
			if !found {
				command, found = strings.CutPrefix(line, "forktax ")
			}
			switch {
			case line == "go test ./...": // runs this test
			// .ci/run runs these commands; here, only the name of the file is checked.
			case regexp.MustCompile(`^(tar|sudo dpkg|sudo rpm|forktax-[^ ]*/bin/forktax) `).MatchString(line):
				if name := releasedFile(t, line); !strings.Contains(line, name) {
					t.Errorf("packaging/release makes %s", name)
				}
			case line == "packaging/install ~/.local":
				shell(t, "packaging/install '"+prefix+"'")
				shell(t, "cd / && '"+prefix+"/bin/forktax' explain hello && test -s '"+prefix+"/share/man/man1/forktax-run.1'")
			case line == "packaging/build build":
				shell(t, "packaging/build '"+prefix+"'")
			case strings.HasPrefix(line, "build/bin/forktax "):
				shell(t, strings.Replace(line, "build", "'"+prefix+"'", 1))
			case strings.HasPrefix(line, "packaging/module "): // TestModulePath
			case line == "go install ./cmd/...":
				bin := t.TempDir()
				shell(t, "GOBIN="+bin+" "+line+" && cd / && "+bin+"/forktax explain hello")
			case strings.HasPrefix(line, "go run github.com/go-task/task/v3/cmd/task@v3.53.0"): // takes minutes to build
			case strings.Contains(command, "--find-knee"): // only with the faster twin, which takes less time
				execute(t, forktax, command+" --model persistent --block 1ms --results "+results)
			case strings.Contains(command, "--database postgres") && servers.PostgresInstalled() != nil:
				testenv.Skip(t, servers.PostgresInstalled())
			case strings.Contains(command, "--suite "): // suites.txtar runs all suites, each of which takes a while
				_, name, _ := strings.Cut(command, "--suite ")
				if name, _, _ = strings.Cut(name, " "); !strings.Contains(name, "/") {
					text, err := os.ReadFile("cmd/forktax/testdata/slow/suites.txtar")
					if err != nil || !strings.Contains(string(text), "--suite "+name+" ") {
						t.Errorf("suites.txtar does not run the suite %s: %v", name, err)
					}
					return
				}
				execute(t, forktax, command+" --warm-up 0 --rounds 6 --starts 3 --block 1ms --results "+results)
			case strings.HasPrefix(command, "run"): // without warm-up, which would take minutes in total
				execute(t, forktax, command+" --warm-up 0 --rounds 6 --starts 3 --block 1ms --results "+results)
			case strings.HasPrefix(command, "check"):
				command = strings.Replace(command, "--out ci", "--out "+t.TempDir(), 1)
				execute(t, forktax, strings.Replace(command, "--budget 30s", "--budget 2s", 1)+" --results "+results)
			case strings.HasPrefix(command, "serve"):
				serve(t, forktax, command, "ready http://")
			case strings.HasPrefix(command, "live"): // on a free port
				serve(t, forktax, strings.Replace(command, ":8090", ":0", 1), "live http://")
			case command == "doctor": // its check takes six seconds, and doctor.txtar runs it
				execute(t, forktax, command+" --measure=false")
			case strings.HasPrefix(command, "calibrate"):
				execute(t, forktax, command+" --out "+t.TempDir())
			case strings.HasPrefix(command, "report"):
				command = strings.Replace(command, "--out ci", "--out "+t.TempDir(), 1)
				execute(t, forktax, command+" --results "+results)
			case found:
				execute(t, forktax, command)
			default:
				t.Errorf("no test runs it")
			}
		})
	}
}

// releasedFile returns the current name of the release file that a command line uses.
func releasedFile(t *testing.T, line string) string {
	t.Helper()
	switch version := release(t); {
	case strings.Contains(line, "dpkg"):
		return "forktax_" + version + "_amd64.deb"
	case strings.Contains(line, "rpm"):
		return "forktax-" + version + "-1.x86_64.rpm"
	default:
		return "forktax-" + version + "-linux-amd64"
	}
}

// shell runs a command, which must succeed.
func shell(t *testing.T, command string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}

// execute runs a forktax command, which must succeed. A measurement may also exit with status 3, if the machine is too
// noisy, and a check with status 4.
func execute(t *testing.T, forktax, command string) {
	t.Helper()
	out, err := exec.Command("sh", "-c", forktax+" "+command).CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 4 && strings.HasPrefix(command, "check") {
		return // a regression
	}
	measures := strings.HasPrefix(command, "run") || strings.HasPrefix(command, "check") ||
		strings.HasPrefix(command, "doctor")
	if err != nil && !(measures && errors.As(err, &exit) && exit.ExitCode() == 3) {
		t.Errorf("forktax %s: %v\n%s", command, err, out)
	}
}

// serve starts a command that runs until it is interrupted. It waits for the beginning of the first line, which must
// be first, and then interrupts the command.
func serve(t *testing.T, forktax, command, first string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec "+forktax+" "+command)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len(first))
	if _, err := io.ReadFull(out, ready); err != nil || string(ready) != first {
		t.Errorf("forktax %s: it said %q, %v", command, ready, err)
	}
	cmd.Process.Signal(os.Interrupt)
	if err := cmd.Wait(); err != nil {
		t.Errorf("forktax %s: %v", command, err)
	}
}

// commandLines returns the lines of the sh blocks in a document, without comments.
func commandLines(t *testing.T, name string) []string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[1]) {
			line, _, _ = strings.Cut(line, " #")
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return lines
}
