package servers

import "forktax/bench/account"

// meter reads what the server's processes use, and all that they have started.
func (h *serverDir) meter(pids []int) *account.Meter {
	return &account.Meter{Group: h.cgroup, PIDs: pids, ForgetsChildren: h.ignoresSIGCHLD}
}

// cpuAtRest is the CPU time of the server's processes and of all that they have started, once they rest.
func (h *serverDir) cpuAtRest(pids ...int) (cpu account.CPU, known bool) {
	return h.meter(pids).CPUAtRest()
}

// nsAtRest is cpuAtRest in nanoseconds.
func (h *serverDir) nsAtRest(pids ...int) (ns int64, known bool) {
	cpu, known := h.cpuAtRest(pids...)
	return int64(cpu.Used), known
}

// resolution is that of cpuAtRest, in nanoseconds.
func (h *serverDir) resolution(pids ...int) (ns int64) {
	cpu, _ := h.meter(pids).CPU()
	return int64(cpu.Resolution)
}
