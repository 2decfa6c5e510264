package wasm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Sections of a module; see section 5.5 of WebAssembly's specification.
const (
	sectionImport    = 2
	sectionMemory    = 5
	sectionGlobal    = 6
	sectionExport    = 7
	sectionData      = 11
	sectionDataCount = 12
)

var (
	errMalformed = errors.New("the module has a malformed section")
	errOther     = errors.New("the module has a global or a memory of an unknown kind")
)

// A section is a section of a module.
type section struct {
	id      byte
	content []byte
}

// sectionsOf splits a module, which begins with the preamble.
func sectionsOf(code []byte) (all []section, err error) {
	for rest := code[len(preamble):]; len(rest) > 0; {
		size, n := binary.Uvarint(rest[1:])
		if n <= 0 || size > uint64(len(rest)-1-n) {
			return nil, errMalformed
		}
		begin := 1 + n
		all = append(all, section{rest[0], rest[begin : begin+int(size)]})
		rest = rest[begin+int(size):]
	}
	return all, nil
}

// joined returns the module with the sections.
func joined(all []section) []byte {
	code := slices.Clone(preamble)
	for _, s := range all {
		code = append(code, s.id)
		code = append(binary.AppendUvarint(code, uint64(len(s.content))), s.content...)
	}
	return code
}

// A reader reads the numbers of a section. After an error it returns zeros.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) byte() byte {
	if len(r.rest) == 0 {
		r.err = errMalformed
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

func (r *reader) unsigned() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.err, r.rest = errMalformed, nil
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// signed reads a number in signed LEB128.
func (r *reader) signed() (v int64) {
	for shift := 0; ; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7f) << shift
		if b&0x80 == 0 || r.err != nil || shift > 56 {
			if shift < 57 && b&0x40 != 0 {
				v |= -1 << (shift + 7)
			}
			return v
		}
	}
}

// appendSigned appends a number in signed LEB128.
func appendSigned(b []byte, v int64) []byte {
	for {
		low := byte(v & 0x7f)
		v >>= 7
		if v == 0 && low&0x40 == 0 || v == -1 && low&0x40 != 0 {
			return append(b, low)
		}
		b = append(b, low|0x80)
	}
}

// Types of values, instructions, and kinds of exports.
const (
	typeI32      = 0x7f
	typeI64      = 0x7e
	constI32     = 0x41
	constI64     = 0x42
	end          = 0x0b
	kindGlobal   = 3
	isMutable    = 1
	limitedTypes = 1 // limits of a memory that have a maximum
)

// A global is a global variable with a constant as its initial value.
type global struct {
	kind    byte
	mutable byte
	value   int64
}

// globalsOf returns the variables that a section defines.
func globalsOf(content []byte) (all []global, err error) {
	r := &reader{rest: content}
	for range r.unsigned() {
		g := global{kind: r.byte(), mutable: r.byte()}
		instruction := r.byte()
		if g.kind == typeI32 && instruction != constI32 || g.kind == typeI64 && instruction != constI64 ||
			g.kind != typeI32 && g.kind != typeI64 {
			return nil, errOther
		}
		g.value = r.signed()
		if r.byte() != end && r.err == nil {
			return nil, errOther
		}
		if r.err != nil {
			return nil, r.err
		}
		all = append(all, g)
	}
	return all, r.err
}

// globalName is the name under which a module for a snapshot exports one of its variables.
func globalName(index int) string { return fmt.Sprintf("forktax global %d", index) }

// A snapshot is the state of an instance that has been initialized.
type snapshot struct {
	Pages   int      // size of the memory
	Memory  []byte   // without the zeros at its end
	Globals []uint64 // by index; those that do not change are not used
}

// countGlobals returns the number of variables of a module, or errOther if a snapshot cannot have all of their values.
func countGlobals(all []section) (n int, err error) {
	for _, s := range all {
		if s.id == sectionGlobal {
			found, err := globalsOf(s.content)
			if err != nil {
				return 0, err
			}
			n = len(found)
		}
	}
	return n, nil
}

// checkGlobals returns errOther if a snapshot cannot have the values of all variables of the module.
func checkGlobals(code []byte) error {
	all, err := sectionsOf(code)
	if err == nil {
		_, err = countGlobals(all)
	}
	return err
}

// exporting returns the module with exports of its variables, so that their values can be read, and their number.
func exporting(code []byte) (exports []byte, globals int, err error) {
	all, err := sectionsOf(code)
	if err == nil {
		globals, err = countGlobals(all)
	}
	if err != nil {
		return nil, 0, err
	}
	for i := range all {
		if all[i].id != sectionExport {
			continue
		}
		r := &reader{rest: all[i].content}
		n := r.unsigned()
		if r.err != nil {
			return nil, 0, r.err
		}
		content := append(binary.AppendUvarint(nil, n+uint64(globals)), r.rest...)
		for g := range globals {
			name := globalName(g)
			content = append(append(append(content, byte(len(name))), name...), kindGlobal)
			content = binary.AppendUvarint(content, uint64(g))
		}
		all[i].content = content
	}
	return joined(all), globals, nil
}

// withState returns the module in a given state. Its memory is not a part of it: there are no data segments.
func withState(code []byte, s snapshot) ([]byte, error) {
	all, err := sectionsOf(code)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(s section) bool { return s.id == sectionData || s.id == sectionDataCount })
	for i := range all {
		switch section := &all[i]; {
		case section.id == sectionMemory:
			section.content, err = withMemory(section.content, s.Pages)
		case section.id == sectionGlobal && s.Globals != nil:
			section.content, err = withGlobals(section.content, s.Globals)
		}
		if err != nil {
			return nil, err
		}
	}
	return joined(all), nil
}

// withMemory returns the definition of one memory with another initial size.
func withMemory(content []byte, pages int) ([]byte, error) {
	r := &reader{rest: content}
	count, kind := r.unsigned(), r.byte()
	r.unsigned()
	switch {
	case r.err != nil:
		return nil, r.err
	case count != 1 || kind > limitedTypes:
		return nil, errOther
	}
	return append(binary.AppendUvarint([]byte{1, kind}, uint64(pages)), r.rest...), nil
}

// withGlobals returns the definition of variables with other initial values.
func withGlobals(content []byte, values []uint64) ([]byte, error) {
	found, err := globalsOf(content)
	if err != nil {
		return nil, err
	}
	if len(values) != len(found) {
		return nil, fmt.Errorf("the module has %d variables, its state %d", len(found), len(values))
	}
	b := binary.AppendUvarint(nil, uint64(len(found)))
	for i, g := range found {
		if g.mutable == isMutable {
			g.value = int64(values[i])
			if g.kind == typeI32 {
				g.value = int64(int32(values[i]))
			}
		}
		instruction := byte(constI32)
		if g.kind == typeI64 {
			instruction = constI64
		}
		b = append(appendSigned(append(b, g.kind, g.mutable, instruction), g.value), end)
	}
	return b, nil
}
