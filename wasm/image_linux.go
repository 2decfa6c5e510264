package wasm

import (
	"fmt"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/tetratelabs/wazero/experimental"
)

// An image is the memory with which an instance begins. The memory of an instance is a private mapping of
// it, of which the kernel copies only the pages that the instance writes to.
type image struct {
	file *os.File
	size int // in bytes

	mu   sync.Mutex
	free []*mapping // of instances that have ended, with the content of the image
}

// newImage stores the memory in a file that has no name. Zeros follow it.
func newImage(memory []byte) (*image, error) {
	fd, err := unix.MemfdCreate("forktax-wasm", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("creating a file for the memory: %w", err)
	}
	i := &image{file: os.NewFile(uintptr(fd), "memory of a module")}
	if _, err := i.file.Write(memory); err != nil {
		i.file.Close()
		return nil, fmt.Errorf("storing the memory: %w", err)
	}
	page := os.Getpagesize()
	i.size = (len(memory) + page - 1) / page * page
	return i, nil
}

// close releases the image. It may be called on nil.
func (i *image) close() {
	if i == nil {
		return
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, m := range i.free {
		_ = unix.Munmap(m.all)
	}
	i.free = nil
	i.file.Close()
}

// mostFree is the number of mappings that are kept for further instances.
const mostFree = 64

// A mapping is the memory of an instance.
type mapping struct {
	image  *image
	all    []byte // address space for the largest size
	mapped bool   // the image is mapped at its beginning
	used   int    // the largest size so far
}

// Allocate maps the image, with address space for a memory of limit bytes. It panics if the kernel refuses that, which
// wazero has no other way to learn.
func (i *image) Allocate(_, limit uint64) experimental.LinearMemory {
	i.mu.Lock()
	if n := len(i.free); n > 0 {
		m := i.free[n-1]
		i.free = i.free[:n-1]
		i.mu.Unlock()
		return m
	}
	i.mu.Unlock()
	m := &mapping{image: i}
	const access = unix.PROT_READ | unix.PROT_WRITE
	var err error
	m.all, err = unix.Mmap(-1, 0, int(limit), access, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err == nil {
		if err = m.reset(); err != nil {
			_ = unix.Munmap(m.all)
		}
	}
	if err != nil {
		panic(allocationError{err})
	}
	return m
}

// An allocationError is the value of a panic of [image.Allocate].
type allocationError struct{ error }

// Reallocate returns the first size bytes.
func (m *mapping) Reallocate(size uint64) []byte {
	m.used = max(m.used, int(size))
	return m.all[:size:size]
}

// Free gives the memory to a further instance.
func (m *mapping) Free() {
	i := m.image
	if err := m.reset(); err == nil {
		i.mu.Lock()
		keep := len(i.free) < mostFree
		if keep {
			i.free = append(i.free, m)
		}
		i.mu.Unlock()
		if keep {
			return
		}
	}
	_ = unix.Munmap(m.all)
}

// reset restores the content of the image and gives all other memory back to the kernel.
func (m *mapping) reset() error {
	if !m.mapped {
		m.mapped = true
		if m.image.size == 0 {
			return nil
		}
		_, err := unix.MmapPtr(int(m.image.file.Fd()), 0, unsafe.Pointer(&m.all[0]), uintptr(m.image.size),
			unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_FIXED)
		return err
	}
	err := unix.Madvise(m.all[:m.used], unix.MADV_DONTNEED)
	m.used = 0
	return err
}
