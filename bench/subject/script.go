package subject

import (
	"path/filepath"
	"strings"

	"forktax/workload/contract"
)

// ScriptWorkload is the workload program that hosts CGI executables.
const ScriptWorkload = "script"

// ScriptModel is the model of a hosted executable.
var ScriptModel = contract.Direct().Name

// HostedName returns the name of the CGI executable at path in reports: that of its file.
func HostedName(path string) string {
	name := strings.ToValidUTF8(filepath.Base(path), "?")
	if name == FloorWorkload {
		name = "./" + name
	}
	return name
}

// Hosting returns p, the program that hosts executables, with the name of the executable at path.
func (p Program) Hosting(path string) Program {
	p.Name = HostedName(path)
	return p
}
