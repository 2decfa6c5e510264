package hosting

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Script is what is hosted for CGI: an executable, or a directory of them. The workload program script hosts it, and is
// told by variables.
type Script struct {
	Path, Directory string   // of one executable; of several, each under its name
	Root            string   // with what the paths of URLs begin that are hosted; "": all are
	Dir, Documents  string   // directory in which children run; directory of PATH_TRANSLATED
	Env             []string // variables of children, as NAME=VALUE, or NAME with the caller's value
	Authorization   bool     // children get the header Authorization
}

// Enabled reports whether anything is hosted.
func (s *Script) Enabled() bool { return s.Path != "" || s.Directory != "" }

// ofHosts are the flags that mean nothing else.
var ofHosts = []string{"root", "dir", "documents", "env", "authorization"}

// Validate returns an error of the first flag that is invalid, or that means nothing without others.
func (s *Script) Validate(given func(flag string) bool) error {
	if s.Path != "" && s.Directory != "" {
		return subject.Unusable("--cgi and --cgi-bin exclude each other")
	}
	for _, name := range []string{"workload", "model"} {
		if s.Enabled() && given(name) {
			return subject.Unusable("--%s cannot go with --cgi or --cgi-bin", name)
		}
	}
	for _, name := range ofHosts {
		if !s.Enabled() && given(name) {
			return subject.Unusable("--%s is for --cgi and --cgi-bin", name)
		}
	}
	if s.Root != "" && s.Root[0] != '/' {
		return subject.Unusable("--root %q: a path that begins with / is needed", s.Root)
	}
	return nil
}

// Environment is that of the program script, nil if nothing is hosted.
func (s *Script) Environment() (map[string]string, error) {
	if !s.Enabled() {
		return nil, nil
	}
	env := map[string]string{contract.EnvScriptRoot: strings.TrimRight(s.Root, "/")}
	if s.Authorization {
		env[contract.EnvScriptAuthorization] = "1"
	}
	var err error
	if s.Path != "" {
		env[contract.EnvScriptPath], err = executable(s.Path)
	} else {
		env[contract.EnvScriptPath], err = directory("cgi-bin", s.Directory)
	}
	if err != nil {
		return nil, err
	}
	for _, named := range []struct{ flag, path, variable string }{
		{"dir", s.Dir, contract.EnvScriptDir}, {"documents", s.Documents, contract.EnvScriptDocuments},
	} {
		if named.path == "" {
			continue
		}
		if env[named.variable], err = directory(named.flag, named.path); err != nil {
			return nil, err
		}
	}
	var names []string
	for _, given := range s.Env {
		name, value, has := strings.Cut(given, "=")
		if name == "" || strings.ContainsAny(name, " \t,") {
			return nil, subject.Unusable("--env %q: NAME or NAME=VALUE is needed", given)
		}
		if has {
			env[name] = value
		} else if _, set := os.LookupEnv(name); !set {
			return nil, subject.Unusable("--env %s: it is not set here; give it a value, as %[1]s=VALUE", name)
		}
		names = append(names, name)
	}
	env[contract.EnvScriptEnv] = strings.Join(names, ",")
	return env, nil
}

// executable is the absolute path of a file that can be executed.
func executable(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	if why := subject.NotExecutable(absolute); why != "" {
		return "", subject.Unusable("--cgi %s %s", path, why)
	}
	return absolute, nil
}

func directory(flag, path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", path, err)
	}
	info, err := os.Stat(absolute)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", subject.Unusable("--%s %s does not exist", flag, path)
	case err != nil:
		return "", subject.Unusable("--%s: %w", flag, err)
	case !info.IsDir():
		return "", subject.Unusable("--%s %s is no folder", flag, path)
	}
	return absolute, nil
}
