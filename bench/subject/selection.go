package subject

import (
	"slices"
	"strings"

	"forktax/workload/contract"
)

// A Selection is a workload program with one of its requests, or with all of them if Request is empty.
type Selection struct{ Program, Request string }

// ParseSelection reads guestbook, guestbook/read, or the path of a program such as ./program or /path/to/program.
func ParseSelection(text string) Selection {
	if name, request, found := strings.Cut(text, "/"); found && name != "" && !strings.HasPrefix(text, ".") {
		return Selection{name, request}
	}
	return Selection{text, ""}
}

// ProgramsOf returns the programs of the selections, each once.
func ProgramsOf(selections []Selection) []string {
	var names []string
	for _, s := range selections {
		if !slices.Contains(names, s.Program) {
			names = append(names, s.Program)
		}
	}
	return names
}

// ChooseRequest returns the workload's request of that name, which is the value of the option request.
func ChooseRequest(d contract.Description, name string) (contract.Request, error) {
	var known []string
	for _, r := range d.Requests {
		if r.Name == name {
			return r, nil
		}
		known = append(known, r.Name)
	}
	return contract.Request{}, InvalidOption("request", "%q is unknown to %s; it has %s", name, d.Name,
		strings.Join(known, ", "))
}
