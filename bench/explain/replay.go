package explain

import (
	"os"
	"syscall"
	"time"
)

// The system calls of the trace are repeated here without a tracer, to measure their cost: open, read, mmap and stat on
// the same paths. The caches are as warm as for a program that has been started before. Files are only read, even if
// the program wrote to them.

// replays is the number of repetitions of each use.
const replays = 9

// replay returns the cost of one image's use of a path. The second result is false if the use cannot be repeated: the
// file no longer exists, or reading it could have effects.
func (u *use) replay() (time.Duration, bool) {
	info, err := os.Stat(u.path)
	there := err == nil
	if there != (u.opened+u.stats > 0) || u.opened > 0 && !info.Mode().IsRegular() && !info.IsDir() {
		return 0, false
	}
	took := make([]time.Duration, replays)
	for i := range took {
		began := time.Now()
		for range u.stats + u.missed {
			var about syscall.Stat_t
			_ = syscall.Stat(u.path, &about)
		}
		for n := range u.opened {
			if !u.reopen(n == 0) {
				return 0, false
			}
		}
		took[i] = time.Since(began)
	}
	return median(took), true
}

// reopen opens the file and, the first time, reads, lists or maps it as the program did.
func (u *use) reopen(first bool) bool {
	fd, err := syscall.Open(u.path, syscall.O_RDONLY|syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(fd)
	var about syscall.Stat_t
	if !first || syscall.Fstat(fd, &about) != nil {
		return true
	}
	if about.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		list(fd)
		return true
	}
	buffer := make([]byte, min(u.read, 64<<10))
	for left := u.read; left > 0; {
		n, err := syscall.Read(fd, buffer)
		if err != nil || n <= 0 {
			break
		}
		left -= int64(n)
	}
	if u.mapped && about.Size > 0 {
		if code, err := syscall.Mmap(fd, 0, int(about.Size), syscall.PROT_READ, syscall.MAP_PRIVATE); err == nil {
			_ = syscall.Munmap(code)
		}
	}
	return true
}

// list reads a directory's entries.
func list(fd int) {
	buffer := make([]byte, 32<<10)
	for {
		if n, err := syscall.ReadDirent(fd, buffer); err != nil || n <= 0 {
			return
		}
	}
}

// faultPages is the number of pages touched to measure a page fault: 1 MB, half of a huge page, which would need one
// fault only. MAP_NORESERVE keeps the kernel from merging them with adjacent memory.
const faultPages = 256

// faultCost returns the cost of a page fault on this machine: the first touch of a page of fresh memory, which the
// kernel allocates, clears and maps. Faults that map a page of a file cost about the same.
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
