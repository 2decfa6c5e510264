package cgi

import "forktax/workload/contract"

// A program is what a child executes.
type program struct {
	path   string
	args   []string // with the name of the program
	env    []string
	dir    string
	limits contract.ChildLimits
}
