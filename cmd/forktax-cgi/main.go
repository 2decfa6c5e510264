// Forktax-cgi is a workload program that hosts any CGI executable, in any language. For each request it executes the
// file SCRIPT_PATH, or a file of the directory SCRIPT_PATH. So two scripts, or two versions of a script, are measured
// under the same host and as accurately as the workloads of this project. The harness provides the requests.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"

	"forktax/auth"
	"forktax/workload"
	"forktax/workload/contract"
)

var program = workload.Workload{
	Name: "script",
	About: "any CGI executable, in any language: the file " + contract.EnvScriptPath +
		", or the files of that directory",
	Requests: []workload.Request{{
		Name:   "get",
		Method: http.MethodGet,
		Path:   "/",
		Want:   workload.Want{Status: http.StatusOK},
	}},
	Executable: executable,
	Middleware: front,
	Python:     true,
}

// front authenticates clients if the variables of package auth are set. Children get the user in AUTH_TYPE and
// REMOTE_USER.
func front(next http.Handler) (http.Handler, func() error, error) {
	settings, err := auth.FromEnvironment()
	if err != nil || !settings.Enabled() {
		return next, func() error { return nil }, err
	}
	settings.Connection = workload.ConnectionOpened
	opened, err := settings.Open()
	if err != nil {
		return nil, nil, err
	}
	m, shut := opened.Middleware(next)
	return m, shut, nil
}

// executable returns the executable in the environment. It checks the settings, so that an error is reported before the
// first request instead of status 500 for each request.
func executable() (workload.Executable, error) {
	x := workload.Executable{
		Path:          os.Getenv(contract.EnvScriptPath),
		Args:          contract.Arguments(os.Getenv(contract.EnvScriptArgs)),
		Root:          os.Getenv(contract.EnvScriptRoot),
		Dir:           os.Getenv(contract.EnvScriptDir),
		Documents:     os.Getenv(contract.EnvScriptDocuments),
		Env:           contract.Names(os.Getenv(contract.EnvScriptEnv)),
		Authorization: os.Getenv(contract.EnvScriptAuthorization) != "",
		Streams:       true,
	}
	if x.Root != "" && x.Root[0] != '/' {
		return x, fmt.Errorf("%s is %q: must begin with /", contract.EnvScriptRoot, x.Root)
	}
	for _, name := range []string{contract.EnvScriptDir, contract.EnvScriptDocuments} {
		if path := os.Getenv(name); path != "" && !isDir(path) {
			return x, fmt.Errorf("%s is %q: must be a directory", name, path)
		}
	}
	return x, runnable(x.Path)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func runnable(path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%s is not set: want the path of a CGI executable, or of a directory of them",
			contract.EnvScriptPath)
	case !filepath.IsAbs(path):
		return fmt.Errorf("%s is %q: must be an absolute path", contract.EnvScriptPath, path)
	case isDir(path):
		return nil
	}
	_, err := exec.LookPath(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s is not executable; make it executable with chmod +x: %w", contract.EnvScriptPath, err)
	case err != nil:
		return fmt.Errorf("%s is not executable: %w", contract.EnvScriptPath, err)
	}
	return nil
}

func main() { workload.Main(program) }
