package servers

import "forktax/bench/account"

// meter returns a meter of the server's processes and all their descendants.
func (h *serverDir) meter(pids []int) *account.Meter {
	return &account.Meter{Group: h.cgroup, PIDs: pids, ForgetsChildren: h.ignoresSIGCHLD}
}

// cpuAtRest waits until the server's processes are idle and returns the CPU time of the processes
// and their descendants.
func (h *serverDir) cpuAtRest(pids ...int) (cpu account.CPU, known bool) {
	return h.meter(pids).CPUAtRest()
}

// nsAtRest returns the time of cpuAtRest in nanoseconds.
func (h *serverDir) nsAtRest(pids ...int) (ns int64, known bool) {
	cpu, known := h.cpuAtRest(pids...)
	return int64(cpu.Used), known
}

// resolution returns the resolution of cpuAtRest in nanoseconds.
func (h *serverDir) resolution(pids ...int) (ns int64) {
	cpu, _ := h.meter(pids).CPU()
	return int64(cpu.Resolution)
}
