//go:build !linux

package wasm

import "github.com/tetratelabs/wazero/experimental"

// An image is the memory with which an instance begins. Each instance has a copy.
type image struct{ memory []byte }

func newImage(memory []byte) (*image, error) {
	return &image{append([]byte(nil), memory...)}, nil
}

func (i *image) close() {}

// Allocate returns a memory that begins with the image.
func (i *image) Allocate(capacity, _ uint64) experimental.LinearMemory {
	c := &duplicate{make([]byte, max(capacity, uint64(len(i.memory))))}
	copy(c.memory, i.memory)
	return c
}

// An allocationError is the value of a panic of Allocate on Linux.
type allocationError struct{ error }

// A duplicate is the memory of an instance.
type duplicate struct{ memory []byte }

// Reallocate returns the first size bytes.
func (c *duplicate) Reallocate(size uint64) []byte {
	if size > uint64(len(c.memory)) {
		c.memory = append(c.memory, make([]byte, size-uint64(len(c.memory)))...)
	}
	return c.memory[:size]
}

func (c *duplicate) Free() { c.memory = nil }
