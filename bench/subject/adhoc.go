package subject

import (
	"net/url"
	"strings"

	"forktax/workload/contract"
)

// Adhoc is a comparison of two programs that describe nothing: a CGI executable, and a server that does the same.
type Adhoc struct {
	CGI        string // path of the executable
	Persistent string // the URL of the server, or the command that starts it
}

// PersistentName is the name of the server, and of its option.
var PersistentName = contract.Resident().Name

// Validate returns an error of the first option that is invalid, or that cannot be combined with one of those given.
func (a Adhoc) Validate(given map[string]bool) error {
	switch {
	case a == Adhoc{}:
		return nil
	case a.CGI == "":
		return InvalidOption(PersistentName, "is what --cgi is compared with: name a CGI executable by that")
	case given["workload"]:
		return InvalidOption("workload", "and --cgi exclude each other")
	case given["model"]:
		return InvalidOption("model", "and --cgi exclude each other: a CGI executable has the model cgi alone")
	case given["variants"]:
		return InvalidOption("variants", "and --cgi exclude each other")
	}
	if why := NotExecutable(a.CGI); why != "" {
		return InvalidOption("cgi", "%s %s", a.CGI, why)
	}
	return nil
}

// Server returns the server, nil if there is none, and the path of its URL, "" if it has none.
func (a Adhoc) Server() (f *External, path string, err error) {
	if a.Persistent == "" {
		return nil, "", nil
	}
	if !strings.HasPrefix(a.Persistent, "http://") && !strings.HasPrefix(a.Persistent, "https://") {
		return &External{Name: PersistentName, Command: a.Persistent}, "", nil
	}
	parsed, err := ParseExternal(PersistentName + "=" + a.Persistent)
	if err != nil {
		return nil, "", InvalidOption(PersistentName, "%s", strings.TrimPrefix(err.Error(), PersistentName+"="))
	}
	path = parsed.URL.RequestURI()
	parsed.URL = &url.URL{Scheme: parsed.URL.Scheme, Host: parsed.URL.Host}
	return &parsed, path, nil
}
