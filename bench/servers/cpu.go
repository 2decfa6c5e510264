package servers

import (
	"time"

	"forktax/bench/account"
)

const (
	restStep  = time.Millisecond       // between two looks at the processes
	restLimit = 100 * time.Millisecond // on waiting for them to rest
)

// cpuAtRest is the processor time of the server's processes and of all that they have started, once they stand still: a
// server's process outlives the client that it served a little, and what it uses then is that client's.
func (h *home) cpuAtRest(pids ...int) (cpu account.CPU, known bool) {
	cpu, known = h.cpu(pids)
	for begin := time.Now(); known && time.Since(begin) < restLimit; {
		time.Sleep(restStep)
		now, still := h.cpu(pids)
		if now.Used == cpu.Used {
			break
		}
		cpu, known = now, still
	}
	return cpu, known
}

// nsAtRest is cpuAtRest in nanoseconds.
func (h *home) nsAtRest(pids ...int) (ns int64, known bool) {
	cpu, known := h.cpuAtRest(pids...)
	return int64(cpu.Used), known
}

// resolution is that of cpu, in nanoseconds.
func (h *home) resolution(pids ...int) (ns int64) {
	cpu, _ := h.cpu(pids)
	return int64(cpu.Resolution)
}

// cpu is what the server's group says, or else what its processes do, unless they do not know it. Of a server that has ended
// it is not known.
func (h *home) cpu(pids []int) (cpu account.CPU, known bool) {
	if !account.Alive(pids...) {
		return account.CPU{}, false
	}
	if cpu, known = h.group.CPU(); known || h.forgets {
		return cpu, known
	}
	return account.Tree(pids...)
}
