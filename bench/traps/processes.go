package traps

// mostProcesses of a server are looked at.
const mostProcesses = 64

// A serverProcess is a process of a server, as far as it may be seen.
type serverProcess struct {
	file       string   // from which its executable can be read, even if that has been replaced
	executable string   // path of it
	args       []string // args[0] is its name
	environ    []string // NAME=VALUE, at its start
}
