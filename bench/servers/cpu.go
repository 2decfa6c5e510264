package servers

import (
	"time"

	"forktax/bench/account"
)

const (
	idleStep = time.Millisecond       // between two looks at the processes
	idleWait = 100 * time.Millisecond // on waiting for them to rest
)

// cpuAtRest is the processor time of the server's processes and of all that they have started, once they stand still: a
// server's process outlives the client that it served a little, and what it uses then is that client's.
func (h *serverDir) cpuAtRest(pids ...int) (cpu account.CPU, known bool) {
	cpu, known = h.cpu(pids)
	for begin := time.Now(); known && time.Since(begin) < idleWait; {
		time.Sleep(idleStep)
		now, still := h.cpu(pids)
		if now.Used == cpu.Used {
			break
		}
		cpu, known = now, still
	}
	return cpu, known
}

// nsAtRest is cpuAtRest in nanoseconds.
func (h *serverDir) nsAtRest(pids ...int) (ns int64, known bool) {
	cpu, known := h.cpuAtRest(pids...)
	return int64(cpu.Used), known
}

// resolution is that of cpu, in nanoseconds.
func (h *serverDir) resolution(pids ...int) (ns int64) {
	cpu, _ := h.cpu(pids)
	return int64(cpu.Resolution)
}

// cpu is what the server's group says, or else what its processes do, unless they do not know it. Of a server that has
// ended it is not known.
func (h *serverDir) cpu(pids []int) (cpu account.CPU, known bool) {
	if !account.Alive(pids...) {
		return account.CPU{}, false
	}
	if cpu, known = h.cgroup.CPU(); known || h.ignoresSIGCHLD {
		return cpu, known
	}
	return account.Tree(pids...)
}
