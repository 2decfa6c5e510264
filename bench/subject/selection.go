package subject

import (
	"net/http"
	"slices"
	"strings"

	"forktax/workload/contract"
)

// A Selection is a workload program with one of its requests, or with all of them if Request is "".
type Selection struct{ Program, Request string }

// IsUnmarked reports whether text, as a selection a program and a request, is the path of a file: one that should begin
// with ./ instead.
func IsUnmarked(text string) bool { return ParseSelection(text).Request != "" && isFile(text) }

// ParseSelection parses guestbook, guestbook/read, or the path of a program such as ./program or /path/to/program.
func ParseSelection(text string) Selection {
	if name, request, found := strings.Cut(text, "/"); found && name != "" && !strings.HasPrefix(text, ".") {
		return Selection{name, request}
	}
	return Selection{text, ""}
}

// RequestName returns the displayed name of a request: guestbook/read, or hello.py POST /sign if the user described it.
// It is the workload alone if the workload has only that request.
func RequestName(workload, request string) string {
	switch {
	case workload == request, request == requestName(http.MethodGet, "/"):
		return workload
	case strings.Contains(request, " "):
		return workload + " " + request
	}
	return workload + "/" + request
}

// ProgramsOf returns the distinct programs of the selections, in order.
func ProgramsOf(selections []Selection) []string {
	var names []string
	for _, s := range selections {
		if !slices.Contains(names, s.Program) {
			names = append(names, s.Program)
		}
	}
	return names
}

// ChooseRequest returns the workload's request of that name. The name is the value of the option request.
func ChooseRequest(d contract.Description, name string) (contract.Request, error) {
	var known []string
	for _, r := range d.Requests {
		if r.Name == name {
			return r, nil
		}
		known = append(known, r.Name)
	}
	return contract.Request{}, InvalidOption("request", "%q is not a request of %s: use one of %s", name, d.Name,
		strings.Join(known, ", "))
}
