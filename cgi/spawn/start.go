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

// A Starter starts a child of this process for a program, in a process group of its own, which is killed when this
// process dies. It closes files, the child's standard input, output and error, also if it fails. A negative descriptor
// stands for /dev/null. Errors of the system can be recognized by [errors.Is].
type Starter func(program *Program, files [3]int) (pid int, err error)

// Prepare opens the descriptors for this many starts at once, or for twice the number of cores if it is 0, while their
// numbers are low: each start copies the table of descriptors up to the highest of them. The first call counts; without
// one, the first start calls Prepare(0).
func Prepare(atOnce int) { prepareStarts(atOnce) }

// Start executes the program as a child, as a [Starter] does.
func (p *Process) Start(program *Program, files [3]int) error { return p.StartBy(nil, program, files) }

// StartBy is like Start with another Starter than the one that executes the program, unless it is nil.
func (p *Process) StartBy(start Starter, program *Program, files [3]int) error {
	if start == nil {
		start = (*Program).start
	}
	pid, err := start(program, files)
	if err == nil {
		p.started(pid)
	}
	return err
}
