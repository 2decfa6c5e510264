package model

import (
	"os"
	"slices"
	"strings"

	"forktax/workload/contract"
)

// Command returns the executable of the processes that a model starts for the program: Executable, or the one of this
// process. Relative paths mean the same in those processes as in this one.
func (p Program) Command() (Executable, error) {
	if p.Executable != nil {
		return p.Executable()
	}
	path, err := os.Executable()
	if err != nil {
		return Executable{}, err
	}
	dir, err := os.Getwd()
	return Executable{Path: path, Dir: dir, Authorization: p.Authorization}, err
}

// Inherited returns the names of the variables that the processes of an executable inherit.
func (p Program) Inherited(x Executable) []string {
	return slices.Concat(contract.Inherited(), padding(p.Executable == nil), p.Env, x.Env)
}

// Settings returns the named variables of this process as NAME=VALUE, without variables that have no value.
func Settings(names ...string) (settings []string) {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			settings = append(settings, name+"="+value)
		}
	}
	return settings
}

// padding returns the names of the variables by which a harness enlarges the environment of children. The variable
// without a number varies the environment of each server. It is passed on only to children of the same program: other
// programs see no variable that CGI does not have, unless a variant of the run sets a numbered one.
func padding(own bool) (names []string) {
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if number, found := strings.CutPrefix(name, contract.EnvPadding); found && (own || number != "") {
			names = append(names, name)
		}
	}
	return names
}
