package wasm_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forktax/wasm"
)

// A program is the body of a function of a module, in WebAssembly's binary format.
type program []byte

// Instructions.
var (
	trap    = program{0x00}                            // unreachable
	forever = program{0x03, 0x40, 0x0c, 0x00, 0x0b}    // loop br 0 end
	respond = call(0, 1, 0, 1, 512).and(program{0x1a}) // fd_write(1, iovs 0, 1 of them, written 512), drop
	exit3   = call(1, 3)                               // proc_exit(3)
	grow    = number(1000).and(program{0x40, 0, 0x1a}) // memory.grow by 1,000 pages, drop

	// count adds 1 to the digit: i32.load8_u, i32.add, i32.store8.
	count = number(digit).and(number(digit), program{0x2d, 0, 0}, number(1), program{0x6a, 0x3a, 0, 0})
)

// Places in the memory: the response, and a digit at its end.
const (
	text  = 1024
	digit = text + len(counted) - 1
)

const counted = "Status: 200 OK\nContent-Type: text/plain\n\nrequest 0"

func (p program) and(more ...program) program {
	return append(append(program{}, p...), bytes.Join(asBytes(more), nil)...)
}

func asBytes(programs []program) (all [][]byte) {
	for _, p := range programs {
		all = append(all, p)
	}
	return all
}

// number is i32.const.
func number(n int) program { return append(program{0x41}, signed(n)...) }

// call calls a function with constant arguments.
func call(function byte, arguments ...int) (p program) {
	for _, a := range arguments {
		p = append(p, number(a)...)
	}
	return append(p, 0x10, function)
}

func signed(n int) (b []byte) {
	for {
		low := byte(n & 0x7f)
		n >>= 7
		if n == 0 && low&0x40 == 0 || n == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

func sized(b []byte) []byte { return append(binary.AppendUvarint(nil, uint64(len(b))), b...) }

func name(s string) []byte { return sized([]byte(s)) }

// A module is a module in the making.
type module struct {
	imports []string // of the functions 0, with four parameters and a result, and 1, with one parameter
	body    program
	exports []string // names of the function with that body
	data    string   // at text
	globals [][]byte // variables
}

// Variables of a module: an i32, and an f64, whose value is not kept in a state.
var (
	whole    = []byte{0x7f, 1, 0x41, 0, 0x0b}
	floating = []byte{0x7c, 1, 0x44, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b}
)

func (m module) build() []byte {
	out := []byte("\x00asm\x01\x00\x00\x00")
	section := func(id byte, content []byte) { out = append(append(out, id), sized(content)...) }
	list := func(entries ...[]byte) []byte {
		return append(binary.AppendUvarint(nil, uint64(len(entries))), bytes.Join(entries, nil)...)
	}
	const i32 = 0x7f
	section(1, list([]byte{0x60, 4, i32, i32, i32, i32, 1, i32}, []byte{0x60, 1, i32, 0}, []byte{0x60, 0, 0}))
	var imports [][]byte
	for i, f := range m.imports {
		from, function, _ := strings.Cut(f, ".")
		imports = append(imports, append(append(name(from), name(function)...), 0, byte(i)))
	}
	section(2, list(imports...))
	section(3, list([]byte{2}))
	section(5, list([]byte{0, 1}))
	if len(m.globals) > 0 {
		section(6, list(m.globals...))
	}
	exports := [][]byte{append(name("memory"), 2, 0)}
	for _, e := range m.exports {
		exports = append(exports, append(name(e), 0, byte(len(m.imports))))
	}
	section(7, list(exports...))
	section(10, list(sized(append(append([]byte{0}, m.body...), 0x0b))))
	vector := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, text), uint32(len(m.data)))
	at := func(place int, content []byte) []byte {
		return append(append(append([]byte{0}, number(place)...), 0x0b), sized(content)...)
	}
	section(11, list(at(0, vector), at(text, []byte(m.data))))
	return out
}

const wasi = "wasi_snapshot_preview1."

// command returns a module that executes the body for each request and has a response in its memory.
func command(data string, body ...program) module {
	return module{imports: []string{wasi + "fd_write", wasi + "proc_exit"}, body: program{}.and(body...),
		exports: []string{"_start"}, data: data}
}

// written writes the module to a file.
func written(t *testing.T, code []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "program.wasm")
	if err := os.WriteFile(path, code, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Files that are not programs for WASI preview 1 are refused, with the reason.
func TestModules(t *testing.T) {
	other := command(counted, respond)
	other.imports[1] = "env.exit"
	silent := command(counted, respond)
	silent.exports = []string{"run"}
	for what, c := range map[string]struct {
		code  []byte
		reuse bool
		want  string
	}{
		"text":       {[]byte("#!/bin/sh\n"), false, "is not a WebAssembly module; want a module for WASI preview 1"},
		"empty":      {nil, false, "is not a WebAssembly module"},
		"component":  {[]byte("\x00asm\x0d\x00\x01\x00"), false, "is a component of WebAssembly"},
		"cut":        {command(counted, respond).build()[:40], false, "compiling the module: "},
		"import":     {other.build(), false, "imports env.exit, which WASI preview 1 does not have"},
		"no start":   {silent.build(), false, "exports no function _start"},
		"no reactor": {command(counted, respond).build(), true, "use -model wasm"},
	} {
		h := &wasm.Host{Path: written(t, c.code), Reuse: c.reuse}
		err := h.Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
		if err == nil {
			h.Close()
		}
	}
	if err := (&wasm.Host{Path: "/missing.wasm"}).Open(t.Context()); err == nil {
		t.Error("Open of a missing file returns no error")
	}
}
