package traps

// mostProcesses is the highest number of processes of a server that are examined.
const mostProcesses = 64

// A serverProcess is a process of a server. Fields that cannot be read are empty.
type serverProcess struct {
	file       string   // file with the running executable, even if that has been replaced on disk
	executable string   // path of the executable
	args       []string // args[0] is its name
	environ    []string // NAME=VALUE, at its start
}
