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
)

// Variables of a serving program.
const (
	pathVariable          = "SCRIPT_PATH"          // the file to execute, or a folder of such files
	rootVariable          = "SCRIPT_ROOT"          // with what the paths of URLs begin that it answers
	dirVariable           = "SCRIPT_DIR"           // where it runs; by default, in its own folder
	documentsVariable     = "SCRIPT_DOCUMENTS"     // what PATH_TRANSLATED is in
	envVariable           = "SCRIPT_ENV"           // names of variables that it is given, with commas between them
	authorizationVariable = "SCRIPT_AUTHORIZATION" // not empty: it is given the header Authorization
)

var program = workload.Workload{
	Name:  "script",
	About: "any CGI executable, in any language: the file that " + pathVariable + " names, or those in that folder",
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
	if err != nil || !settings.Wanted() {
		return next, func() error { return nil }, err
	}
	settings.Connection = workload.ConnectionOpened
	opened, err := settings.Open()
	if err != nil {
		return nil, nil, err
	}
	gate, shut := opened.Gate(next)
	return gate, shut, nil
}

// executable says what is wrong before the first request would: as a host that serves nothing but status 500.
func executable() (workload.Executable, error) {
	x := workload.Executable{
		Path:          os.Getenv(pathVariable),
		Root:          os.Getenv(rootVariable),
		Dir:           os.Getenv(dirVariable),
		Documents:     os.Getenv(documentsVariable),
		Env:           strings.FieldsFunc(os.Getenv(envVariable), func(r rune) bool { return r == ',' }),
		Authorization: os.Getenv(authorizationVariable) != "",
		Streams:       true,
	}
	if x.Root != "" && x.Root[0] != '/' {
		return x, fmt.Errorf("%s is %q: want a path that begins with /", rootVariable, x.Root)
	}
	for _, name := range []string{dirVariable, documentsVariable} {
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
		return fmt.Errorf("%s is not set: it names the file to execute for each request", pathVariable)
	case !filepath.IsAbs(path):
		return fmt.Errorf("%s is %q: want an absolute path", pathVariable, path)
	case isFolder(path):
		return nil
	}
	_, err := exec.LookPath(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s names a file that may not be executed (chmod +x makes it so): %w", pathVariable, err)
	case err != nil:
		return fmt.Errorf("%s names no file that can be executed: %w", pathVariable, err)
	}
	return nil
}

func main() { workload.Main(program) }
