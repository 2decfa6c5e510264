// Script is the workload of somebody else's CGI program: any executable, in any language. What its host executes for
// each request is the file that SCRIPT_PATH names. So two scripts, or two versions of one, are measured through the
// same host, and as exactly, as the workloads of this project. What is asked of them is the harness's affair: the host
// passes on any request.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"forktax/twin"
)

// pathVariable names the file to execute in the environment of a serving program.
const pathVariable = "SCRIPT_PATH"

var workload = twin.Workload{
	Name:  "script",
	About: "any CGI executable, in any language: the file that " + pathVariable + " names",
	Requests: []twin.Request{{
		Name:   "get",
		Method: http.MethodGet,
		Path:   "/",
		Want:   twin.Want{Status: http.StatusOK},
	}},
	Executable: executable,
}

// executable says what is wrong before the first request would: as a host that serves nothing but status 500.
func executable() (string, error) {
	path := os.Getenv(pathVariable)
	if path == "" {
		return "", fmt.Errorf("%s is not set: it names the file to execute for each request", pathVariable)
	}
	if !filepath.IsAbs(path) {
		return "", fmt.Errorf("%s is %q: want an absolute path", pathVariable, path)
	}
	_, err := exec.LookPath(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return "", fmt.Errorf("%s names a file that may not be executed (chmod +x makes it so): %w", pathVariable, err)
	case err != nil:
		return "", fmt.Errorf("%s names no file that can be executed: %w", pathVariable, err)
	}
	return path, nil
}

func main() { twin.Main(workload) }
