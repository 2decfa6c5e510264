package subject

import (
	"net/url"
	"strings"

	"forktax/workload/contract"
)

// PersistentName is the name of the server that a CGI executable is compared with, and of its option.
var PersistentName = contract.Resident().Name

// ValidateComparison checks the options of a comparison of a CGI executable with a server. It returns an error for the
// first option that is invalid, or that cannot be combined with one of the given options.
func (s *Spec) ValidateComparison(given map[string]bool) error {
	switch {
	case given[PersistentName] && s.Persistent == "":
		return InvalidOption(PersistentName, "is empty: give a URL or a command")
	case s.CGI == "" && s.Persistent == "":
		return nil
	case s.CGI == "":
		return InvalidOption(PersistentName, "requires --cgi: add --cgi with a CGI executable to compare")
	case given["workload"]:
		return InvalidOption("workload", "cannot be combined with --cgi")
	case given["variants"]:
		return InvalidOption("variants", "cannot be combined with --cgi")
	}
	if why := NotExecutable(s.CGI); why != "" {
		return InvalidOption("cgi", "%s %s", s.CGI, why)
	}
	return nil
}

// Server returns the server that a CGI executable is compared with, nil if there is none, and the path of its URL, ""
// if a command starts it.
func (s *Spec) Server() (f *External, path string, err error) {
	if s.Persistent == "" {
		return nil, "", nil
	}
	if !strings.HasPrefix(s.Persistent, "http://") && !strings.HasPrefix(s.Persistent, "https://") {
		return &External{Name: PersistentName, Command: s.Persistent}, "", nil
	}
	parsed, err := ParseExternal(PersistentName + "=" + s.Persistent)
	if err != nil {
		return nil, "", InvalidOption(PersistentName, "%s", strings.TrimPrefix(err.Error(), PersistentName+"="))
	}
	path = parsed.URL.RequestURI()
	parsed.URL = &url.URL{Scheme: parsed.URL.Scheme, Host: parsed.URL.Host}
	return &parsed, path, nil
}
