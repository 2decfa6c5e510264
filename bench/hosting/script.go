package hosting

import (
	"forktax/bench/subject"
)

// Script is what is hosted for CGI: an executable, or a directory of them. The workload program script hosts it, and is
// told by variables. Nothing is asked of it.
type Script struct {
	Directory string // of several executables, each under its name; "": CGI alone is hosted
	subject.Spec
}

// Enabled reports whether anything is hosted.
func (s *Script) Enabled() bool { return s.CGI != "" || s.Directory != "" }

// ofHosts are the flags that mean nothing else.
var ofHosts = []string{"root", "dir", "documents", "env", "authorization"}

// Validate returns an error of the first flag that is invalid, or that means nothing without others.
func (s *Script) Validate(given func(flag string) bool) error {
	if s.CGI != "" && s.Directory != "" {
		return subject.Unusable("--cgi cannot be combined with --cgi-bin")
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
	return s.Spec.Validate()
}

// Environment is that of the program script, nil if nothing is hosted.
func (s *Script) Environment() (map[string]string, error) {
	if !s.Enabled() {
		return nil, nil
	}
	path := s.CGI
	if s.Directory != "" {
		path = s.Directory
		if _, err := subject.Directory("cgi-bin", path); err != nil {
			return nil, err
		}
	} else if why := subject.NotExecutable(path); why != "" {
		return nil, subject.InvalidOption("cgi", "%s %s", path, why)
	}
	return s.Hosted(path)
}
