// Forktax-floor is the workload under all others: what its host executes for each request is the smallest program
// that can answer, a file of a few hundred bytes that makes two system calls. It says the same as hello, so what
// hello's cgi twin takes above it is the program's own: Go's start, and what is linked in. The rest is the kernel's
// and the host's.
package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"forktax/workload"
	"forktax/workload/contract"
)

// executableVariable names the file to execute in the environment of a serving program.
const executableVariable = "FLOOR_EXECUTABLE"

const greeting = "hello\n"

// answer is what net/http/cgi's child side prints for hello.
const answer = "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + greeting

var floor = workload.Workload{
	Name:  "floor",
	About: "six bytes, from the smallest program there is: what the kernel and the host cost",
	Requests: []workload.Request{{
		Name:   "hello",
		Method: http.MethodGet,
		Path:   "/",
		Want: workload.Want{
			Status:  http.StatusOK,
			Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"},
			Body:    greeting,
		},
	}},
	Prepare:    prepare,
	Executable: executable,
}

func executable() (workload.Executable, error) {
	path := os.Getenv(executableVariable)
	if path == "" {
		return workload.Executable{}, fmt.Errorf("%s is not set: floor prepare makes the file that it is to name", executableVariable)
	}
	// A workload's own children have the padding, and are compared with this.
	return workload.Executable{Path: path, Env: []string{contract.EnvPadding}}, nil
}

// prepare writes the file, and executes it once: where that cannot be done, in a folder that is mounted noexec, say, it
// is better told now than by each request. The file has its name only when it is complete and closed, since one that is
// open for writing cannot be executed.
func prepare(ctx context.Context, dir string) (map[string]string, error) {
	file, err := assemble(runtime.GOOS, runtime.GOARCH, answer)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "floor")
	unfinished := path + ".unfinished"
	if err := os.WriteFile(unfinished, file, 0o600); err != nil {
		return nil, err
	}
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return nil, err
	}
	if err := os.Rename(unfinished, path); err != nil {
		return nil, err
	}
	said, err := exec.CommandContext(ctx, path).Output()
	if err != nil {
		return nil, fmt.Errorf("executing the smallest program: %w", err)
	}
	if !bytes.Equal(said, []byte(answer)) {
		return nil, fmt.Errorf("executing the smallest program: it printed %q in place of %q", said, answer)
	}
	return map[string]string{executableVariable: path}, nil
}

func main() { workload.Main(floor) }
