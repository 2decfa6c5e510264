package machine

import (
	"os/exec"

	"forktax/bench/stack"
)

// A Tool is a program of somebody else's that forktax starts.
type Tool struct {
	Name    string `json:"name"`
	For     string `json:"for"`     // what it is needed for
	Package string `json:"package"` // of Debian
	There   bool   `json:"there"`
}

func tools() []Tool {
	all := []Tool{
		{Name: "go", For: "workloads and Go programs, which are built", Package: "golang-go"},
		{Name: "gcc", For: "the guestbook on SQLite, which is built", Package: "gcc libc6-dev"},
		{Name: "git", For: "builds of git refs", Package: "git"},
		{Name: "strace", For: "all that explain sees of files, libraries and connections", Package: "strace"},
		{Name: "hyperfine", For: "the comparison with it that calibrate makes", Package: "hyperfine"},
	}
	for i, t := range all {
		_, err := exec.LookPath(t.Name)
		all[i].There = err == nil
	}
	return append(all, Tool{Name: "initdb", For: "--database postgres", Package: "postgresql",
		There: stack.Installed() == nil}) // which PATH need not have
}
