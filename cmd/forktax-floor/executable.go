package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"slices"
)

// An architecture describes a processor and the system calls of its kernel.
type architecture struct {
	machine     elf.Machine
	set         func(register byte, value uint32) []byte // the instructions that set a register
	call        []byte                                   // the instruction of a system call
	number      byte                                     // register of the number of the system call
	arguments   [3]byte                                  // registers of its arguments
	write, exit uint32                                   // numbers of system calls
}

// architectures are the supported architectures, by GOOS/GOARCH.
var architectures = map[string]architecture{
	"linux/amd64": {
		machine:   elf.EM_X86_64,
		set:       setAMD64,
		call:      []byte{0x0f, 0x05}, // syscall
		number:    0,                  // rax
		arguments: [3]byte{7, 6, 2},   // rdi, rsi, rdx
		write:     1,                  // arch/x86/entry/syscalls/syscall_64.tbl
		exit:      60,
	},
	"linux/arm64": {
		machine:   elf.EM_AARCH64,
		set:       setARM64,
		call:      word(0xd4000001),
		number:    8,                // x8
		arguments: [3]byte{0, 1, 2}, // x0, x1, x2
		write:     64,               // include/uapi/asm-generic/unistd.h
		exit:      93,
	},
}

// setAMD64 returns mov r32, imm32, which clears the upper half of the register: B8+r id (Intel SDM, volume 2, MOV).
func setAMD64(register byte, value uint32) []byte {
	return binary.LittleEndian.AppendUint32([]byte{0xb8 + register}, value)
}

// setARM64 returns movz x, #low and movk x, #high, lsl #16. The first sets the lower 16 bits and clears the others, the
// second sets bits 16 to 31. In both, bits 5 to 20 are the value, bits 0 to 4 the register (Arm DDI 0487, C6.2).
func setARM64(register byte, value uint32) []byte {
	low, high := value&0xffff, value>>16
	return slices.Concat(
		word(0xd2800000|low<<5|uint32(register)),
		word(0xf2a00000|high<<5|uint32(register)))
}

func word(instruction uint32) []byte { return binary.LittleEndian.AppendUint32(nil, instruction) }

// system returns the code of a system call.
func (a architecture) system(number uint32, arguments ...uint32) []byte {
	var code []byte
	for i, value := range arguments {
		code = append(code, a.set(a.arguments[i], value)...)
	}
	return slices.Concat(code, a.set(a.number, number), a.call)
}

// code returns the code that writes n bytes at the address to standard output and exits with status 0. One write is
// enough, because the bytes fit into the buffer of a pipe. If the pipe is closed, SIGPIPE kills the process.
func (a architecture) code(address, n uint32) []byte {
	const standardOutput, success = 1, 0
	return slices.Concat(a.system(a.write, standardOutput, address, n), a.system(a.exit, success))
}

const (
	loaded  = 0x400000 // address of the first byte of the file in memory, as used by linkers
	page    = 0x10000  // largest page size of kernels for these processors; loaded is a multiple of it
	headers = 64 + 56  // bytes of the ELF header and of a program header
)

// assemble returns the smallest program that prints the text: an ELF header, one segment that is the complete file, the
// code, and the text. It has no sections, symbols, libraries, relocations or zeroed memory.
func assemble(system, processor, text string) ([]byte, error) {
	a, ok := architectures[system+"/"+processor]
	if !ok {
		return nil, fmt.Errorf("the smallest program supports linux on amd64 and arm64, not %s on %s",
			system, processor)
	}
	length := len(a.code(0, 0)) // does not depend on the arguments
	code := a.code(uint32(loaded+headers+length), uint32(len(text)))
	size := uint64(headers + length + len(text))
	file := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(a.machine), Version: uint32(elf.EV_CURRENT),
		Entry: loaded + headers,
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}
	segment := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X),
		Off: 0, Vaddr: loaded, Paddr: loaded, Filesz: size, Memsz: size, Align: page,
	}
	var b bytes.Buffer
	for _, part := range []any{file, segment, code, []byte(text)} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
