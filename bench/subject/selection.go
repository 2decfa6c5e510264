package subject

import (
	"slices"
	"strings"
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
