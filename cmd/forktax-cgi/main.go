// Forktax-cgi is the workload of any CGI executable, in any language. What its host executes
// for each request is the file that SCRIPT_PATH names, or one of the folder that it names. So two scripts, or two
// versions of one, are measured through the same host, and as exactly, as the workloads of this project. What is
// asked of them is the harness's affair: the host passes on any request.
package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"forktax/auth"
	"forktax/workload"
	"forktax/workload/contract"
)

var program = workload.Workload{
	Name: "script",
	About: "any CGI executable, in any language: the file that " + contract.EnvScriptPath +
		" names, or those in that folder",
	Requests: []workload.Request{{
		Name:   "get",
		Method: http.MethodGet,
		Path:   "/",
		Want:   workload.Want{Status: http.StatusOK},
	}},
	Executable: executable,
	Middleware: front,
}

// front asks who a client is, if the variables of package auth say who knows the users. Children see it in AUTH_TYPE
// and REMOTE_USER.
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
	gate, shut := opened.Middleware(next)
	return gate, shut, nil
}

// executable says what is wrong before the first request would: as a host that serves nothing but status 500.
func executable() (workload.Executable, error) {
	x := workload.Executable{
		Path:          os.Getenv(contract.EnvScriptPath),
		Root:          os.Getenv(contract.EnvScriptRoot),
		Dir:           os.Getenv(contract.EnvScriptDir),
		Documents:     os.Getenv(contract.EnvScriptDocuments),
		Env:           strings.FieldsFunc(os.Getenv(contract.EnvScriptEnv), func(r rune) bool { return r == ',' }),
		Authorization: os.Getenv(contract.EnvScriptAuthorization) != "",
		Streams:       true,
	}
	if x.Root != "" && x.Root[0] != '/' {
		return x, fmt.Errorf("%s is %q: want a path that begins with /", contract.EnvScriptRoot, x.Root)
	}
	for _, name := range []string{contract.EnvScriptDir, contract.EnvScriptDocuments} {
		if path := os.Getenv(name); path != "" && !isFolder(path) {
			return x, fmt.Errorf("%s is %q, which is no folder", name, path)
		}
	}
	return x, runnable(x.Path)
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func runnable(path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%s is not set: it names the file to execute for each request", contract.EnvScriptPath)
	case !filepath.IsAbs(path):
		return fmt.Errorf("%s is %q: want an absolute path", contract.EnvScriptPath, path)
	case isFolder(path):
		return nil
	}
	_, err := exec.LookPath(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s names a file that may not be executed (chmod +x makes it so): %w", contract.EnvScriptPath, err)
	case err != nil:
		return fmt.Errorf("%s names no file that can be executed: %w", contract.EnvScriptPath, err)
	}
	return nil
}

func main() { workload.Main(program) }
