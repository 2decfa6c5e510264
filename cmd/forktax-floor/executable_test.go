package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A call is a system call, with its number and arguments in registers.
type call struct {
	number    uint64
	arguments [3]uint64
}

// A processor is an interpreter of the instructions that the program uses. It was written from the manuals,
// independently of the assembler.
type processor struct {
	registers          [32]uint64
	number, a0, a1, a2 int // registers of a system call
	// step executes the first instruction of the code, returns its length, and reports whether it is a system call.
	step func(p *processor, code []byte) (length int, calls bool, err error)
}

// stepAMD64 executes B8+r imm32 (mov r32, imm32) and 0F 05 (syscall).
func stepAMD64(p *processor, code []byte) (int, bool, error) {
	switch {
	case code[0] == 0x0f && code[1] == 0x05:
		return 2, true, nil
	case code[0]&^7 == 0xb8:
		p.registers[code[0]&7] = uint64(binary.LittleEndian.Uint32(code[1:]))
		return 5, false, nil
	}
	return 0, false, fmt.Errorf("unknown instruction % x", code[:5])
}

// stepARM64 executes the 64-bit move wide (immediate) class, sf opc 100101 hw imm16 Rd with opc 10 (movz) and 11
// (movk), and svc #0.
func stepARM64(p *processor, code []byte) (int, bool, error) {
	w := binary.LittleEndian.Uint32(code)
	shift, value, register := w>>21&3*16, uint64(w>>5&0xffff), w&31
	switch {
	case w == 0b11010100_000_0000000000000000_00001:
		return 4, true, nil
	case w>>23 == 0b1_10_100101:
		p.registers[register] = value << shift
		return 4, false, nil
	case w>>23 == 0b1_11_100101:
		p.registers[register] = p.registers[register]&^(0xffff<<shift) | value<<shift
		return 4, false, nil
	}
	return 0, false, fmt.Errorf("unknown instruction %08x", w)
}

// run executes the code until the system call exit, and returns all system calls.
func (p *processor) run(code []byte, exit uint64) ([]call, error) {
	for i := range p.registers { // the program must not depend on their initial values
		p.registers[i] = 0x5555_5555_5555_5555
	}
	var calls []call
	for len(code) > 0 {
		n, isCall, err := p.step(p, code)
		if err != nil {
			return calls, err
		}
		code = code[n:]
		if !isCall {
			continue
		}
		r := p.registers
		calls = append(calls, call{r[p.number], [3]uint64{r[p.a0], r[p.a1], r[p.a2]}})
		if r[p.number] == exit {
			return calls, nil
		}
	}
	return calls, fmt.Errorf("the program does not exit")
}

// For each architecture the file is an ELF program that makes the two expected system calls. TestPrepare executes it on
// this machine's processor; this test interprets it for both.
func TestAssemble(t *testing.T) {
	tests := map[string]struct {
		machine     elf.Machine
		processor   processor
		write, exit uint64
	}{
		"amd64": {elf.EM_X86_64, processor{number: 0, a0: 7, a1: 6, a2: 2, step: stepAMD64}, 1, 60},
		"arm64": {elf.EM_AARCH64, processor{number: 8, a0: 0, a1: 1, a2: 2, step: stepARM64}, 64, 93},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			file, err := assemble("linux", name, response)
			if err != nil {
				t.Fatal(err)
			}
			if len(file) > 300 {
				t.Errorf("the file has %d bytes, want at most 300", len(file))
			}
			parsed, err := elf.NewFile(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if parsed.Type != elf.ET_EXEC || parsed.Machine != test.machine || len(parsed.Progs) != 1 {
				t.Fatalf("%v for %v with %d segments, want a program for %v with one", parsed.Type, parsed.Machine,
					len(parsed.Progs), test.machine)
			}
			segment, size := parsed.Progs[0].ProgHeader, uint64(len(file))
			want := elf.ProgHeader{Type: elf.PT_LOAD, Flags: elf.PF_R | elf.PF_X, Vaddr: segment.Vaddr, Paddr: segment.Vaddr,
				Filesz: size, Memsz: size, Align: 65536}
			if diff := cmp.Diff(want, segment); diff != "" || segment.Vaddr%segment.Align != 0 {
				t.Errorf("segment at %#x (-want +got):\n%s", segment.Vaddr, diff)
			}
			calls, err := test.processor.run(file[parsed.Entry-segment.Vaddr:], test.exit)
			if err != nil || len(calls) != 2 {
				t.Fatalf("system calls %+v (%v), want two", calls, err)
			}
			write, exit := calls[0], calls[1]
			at, n := write.arguments[1]-segment.Vaddr, write.arguments[2]
			if write.number != test.write || write.arguments[0] != 1 || string(file[at:at+n]) != response {
				t.Errorf("first system call %+v, want a write of the response to file 1", write)
			}
			if exit.arguments[0] != 0 {
				t.Errorf("second system call %+v, want status 0", exit)
			}
		})
	}
}

func TestAssembleElsewhere(t *testing.T) {
	for _, where := range [][2]string{{"darwin", "arm64"}, {"linux", "riscv64"}} {
		_, err := assemble(where[0], where[1], response)
		if err == nil || !strings.Contains(err.Error(), "not "+where[0]+" on "+where[1]) {
			t.Errorf("assemble(%q, %q) = %v, want an error with the supported systems", where[0], where[1], err)
		}
	}
}
