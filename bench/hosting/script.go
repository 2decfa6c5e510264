package hosting

import (
	"forktax/bench/subject"
)

// Script is the CGI executable or directory to host. The workload program forktax-cgi hosts it, and gets the settings
// in environment variables. No requests are sent to it here.
type Script struct {
	Directory string // directory of several executables, each served under its name; "": only the executable CGI is hosted
	subject.Spec
}

// Enabled reports whether there is an executable or directory to host.
func (s *Script) Enabled() bool { return s.CGI != "" || s.Directory != "" }

// ofHosts lists the flags that apply only to hosted executables.
var ofHosts = []string{"root", "dir", "documents", "env", "authorization"}

// Validate returns an error for the first flag that is invalid or requires another flag.
func (s *Script) Validate(given func(flag string) bool) error {
	if s.CGI != "" && s.Directory != "" {
		return subject.Unusable("--cgi cannot be combined with --cgi-bin")
	}
	for _, name := range []string{"workload", "model"} {
		if s.Enabled() && given(name) {
			return subject.Unusable("--%s cannot be combined with --cgi or --cgi-bin", name)
		}
	}
	for _, name := range ofHosts {
		if !s.Enabled() && given(name) {
			return subject.Unusable("--%s requires --cgi or --cgi-bin", name)
		}
	}
	return s.Spec.Validate()
}

// Environment returns the environment variables of the CGI host, or nil if Enabled is false.
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
