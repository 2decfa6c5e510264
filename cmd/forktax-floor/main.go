// Forktax-floor is a workload program that shows the lower bound of the model cgi. For each request its host executes
// the smallest program that can respond: a file of about 250 bytes that makes two system calls. The response is that of
// forktax-hello. So the difference between the two is the cost of the hello program, mainly the start of the Go
// runtime; the rest is the cost of the kernel and the host.
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

// executableVariable is the environment variable with the path of the executable.
const executableVariable = "FLOOR_EXECUTABLE"

const greeting = "hello\n"

// response is the output of forktax-hello as a CGI program.
const response = "Status: 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + greeting

var floor = workload.Workload{
	Name:  "floor",
	About: "six bytes from the smallest possible program: the overhead of kernel and host",
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
		return workload.Executable{}, fmt.Errorf("%s is not set: run the command prepare, and set it as printed",
			executableVariable)
	}
	// Children of other workload programs, with which this one is compared, inherit the padding.
	return workload.Executable{Path: path, Env: []string{contract.EnvPadding}}, nil
}

// prepare writes the executable, and executes it once to detect problems early, such as a directory mounted noexec. The
// file gets its final name when it is complete and closed: a file that is open for writing cannot be executed.
func prepare(ctx context.Context, dir string) (map[string]string, error) {
	file, err := assemble(runtime.GOOS, runtime.GOARCH, response)
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
	output, err := exec.CommandContext(ctx, path).Output()
	if err != nil {
		return nil, fmt.Errorf("executing the smallest program: %w", err)
	}
	if !bytes.Equal(output, []byte(response)) {
		return nil, fmt.Errorf("executing the smallest program: it printed %q, want %q", output, response)
	}
	return map[string]string{executableVariable: path}, nil
}

func main() { workload.Main(floor) }
