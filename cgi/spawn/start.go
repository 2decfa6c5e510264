// Package spawn starts processes for a CGI host, and waits for them. On Linux it does so with fewer system calls than
// package os/exec, whatever the number of open files, and with limits that stand before the program begins.
package spawn

import "forktax/workload/contract"

// A Program is what a process executes.
type Program struct {
	Path   string
	Args   []string // with the name of the program
	Env    []string
	Dir    string
	Limits contract.ChildLimits // those of a process: CPU, Memory and Processes; zero or negative means none
}

// Start starts the program as a child in a process group of its own, which is killed when this process dies. It closes
// files, the child's standard input, output and error, also if it fails. A negative descriptor stands for /dev/null.
// Errors of the system can be recognized by [errors.Is].
func (p *Process) Start(program *Program, files [3]int) error {
	pid, err := program.start(files)
	if err == nil {
		p.started(pid)
	}
	return err
}
