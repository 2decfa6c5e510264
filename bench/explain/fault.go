package explain

import (
	"syscall"
	"time"
)

// faultPages is how many pages are touched to know what one costs: 1 MB, half of a huge page, for which one fault would
// do. MAP_NORESERVE keeps the kernel from joining them to memory beside them.
const faultPages = 256

// faultCost is what a page fault takes on this machine: the first touch of a page of fresh memory, which the kernel
// finds, clears and maps. Those that map a page of a file cost about the same.
func faultCost() (time.Duration, bool) {
	page := syscall.Getpagesize()
	took := make([]time.Duration, replays)
	for i := range took {
		memory, err := syscall.Mmap(-1, 0, faultPages*page, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
		if err != nil {
			return 0, false
		}
		began := time.Now()
		for at := 0; at < len(memory); at += page {
			memory[at] = 1
		}
		took[i] = time.Since(began) / faultPages
		_ = syscall.Munmap(memory)
	}
	return median(took), true
}
