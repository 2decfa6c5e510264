package wasm

import (
	"bytes"
	"slices"
	"testing"
)

// Any bytes after the preamble are either a module whose parts are changed, or an error.
func FuzzModule(f *testing.F) {
	add := func(sections ...section) { f.Add(joined(sections)[len(preamble):]) }
	add()
	add(section{sectionMemory, []byte{1, 0, 1}}, section{sectionGlobal, []byte{1, typeI64, isMutable, constI64, 5, end}},
		section{sectionExport, []byte{0}}, section{sectionData, []byte{0}})
	add(section{sectionGlobal, []byte{2, typeI32, 0, constI32, 0x80, 0x7f, end}})
	add(section{sectionMemory, []byte{1, 1, 1, 9}}, section{sectionDataCount, []byte{0}})
	f.Fuzz(func(t *testing.T, content []byte) {
		code := slices.Concat(preamble, content)
		exports, n, err := exporting(code)
		if err == nil && n == 0 && len(exports) < len(preamble) {
			t.Errorf("exporting returns %d bytes", len(exports))
		}
		state, err := withState(code, snapshot{Pages: 3, Globals: make([]uint64, n)})
		if err != nil {
			return
		}
		all, err := sectionsOf(state)
		if err != nil {
			t.Fatalf("the result is not a module: %v", err)
		}
		for _, s := range all {
			if s.id == sectionData || s.id == sectionDataCount {
				t.Error("the result has data segments")
			}
		}
	})
}

// Values of variables survive a change of the module.
func TestGlobals(t *testing.T) {
	code := joined([]section{
		{sectionMemory, []byte{1, 0, 1}},
		{sectionGlobal, slices.Concat([]byte{3},
			[]byte{typeI32, isMutable, constI32, 1, end}, []byte{typeI64, isMutable, constI64, 2, end},
			[]byte{typeI64, 0, constI64, 3, end})},
		{sectionExport, []byte{0}},
	})
	exports, n, err := exporting(code)
	if err != nil || n != 3 || !bytes.Contains(exports, []byte(globalName(2))) {
		t.Errorf("exporting: %d variables, %v", n, err)
	}
	minus := int64(-7)
	state, err := withState(code, snapshot{Pages: 300, Globals: []uint64{uint64(uint32(1<<32 - 5)), uint64(minus), 9}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := sectionsOf(state)
	if err != nil {
		t.Fatal(err)
	}
	got, err := globalsOf(all[1].content)
	want := []global{{typeI32, isMutable, -5}, {typeI64, isMutable, -7}, {typeI64, 0, 3}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("variables %v, %v; want %v", got, err, want)
	}
	if memory := (&reader{rest: all[0].content[2:]}).unsigned(); memory != 300 {
		t.Errorf("the memory has %d pages, want 300", memory)
	}
}
