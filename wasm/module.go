package wasm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"forktax/bench/foreign"
)

// An entry says how an instance serves a request.
type entry struct {
	initialize string // a function that is called once; "" if there is none
	serve      string // the function that is called for a request
}

// readsVariables reports whether that function reads the variables of the request from its standard input.
func (e entry) readsVariables() bool { return e.serve == exportServe }

// Names of exported functions. The first two are WASI's.
const (
	exportStart      = "_start"      // runs the program
	exportInitialize = "_initialize" // prepares a module whose functions are called
	exportServe      = "serve"       // serves a request
)

// mostCode is the largest size of a module in bytes, far above that of real ones.
const mostCode = 1 << 30

// mostPages is the number of pages that a 32-bit memory can have.
const mostPages = 65_536

// preamble begins a module of WebAssembly's core, and componentLayer is what a component has instead of its end.
var (
	preamble       = []byte("\x00asm\x01\x00\x00\x00")
	componentLayer = []byte("\x01\x00")
)

// readModule reads a module. If the file is something else, the error says what.
func readModule(path string) ([]byte, error) {
	code, err := foreign.ReadFile(path, mostCode)
	if err != nil {
		return nil, fmt.Errorf("reading the module: %w", err)
	}
	const want = "want a module for WASI preview 1, which Go builds with GOOS=wasip1 GOARCH=wasm"
	switch {
	case bytes.HasPrefix(code, preamble):
		return code, nil
	case bytes.HasPrefix(code, preamble[:4]) && len(code) >= len(preamble) && bytes.Equal(code[6:8], componentLayer):
		return nil, fmt.Errorf("%s is a component of WebAssembly; %s", path, want)
	}
	return nil, fmt.Errorf("%s is not a WebAssembly module; %s", path, want)
}

// load checks what the module imports and exports, makes the image of its memory, and compiles it for instances that
// begin with that.
func (h *Host) load(ctx context.Context, code []byte) error {
	key := h.stateKey(code)
	state, known := readState(key)
	if !known {
		var err error
		if state, err = h.initialize(ctx, code); err != nil {
			return err
		}
		if err := state.write(key); err != nil {
			return err
		}
	}
	bare, err := withState(code, state)
	if err == nil {
		h.module, err = h.runtime.CompileModule(ctx, bare)
	}
	if err == nil && h.module.ExportedFunctions()[exportInitialize] != nil {
		err = checkGlobals(code) // without all values, the state is not that of an initialized instance
	}
	if h.copies = err != nil; h.copies { // the code refers to data segments
		h.module, err = h.runtime.CompileModule(ctx, code)
	}
	if err == nil {
		h.entry, err = entryOf(h.module, h.Reuse)
	}
	if err == nil && !h.copies {
		h.image, err = newImage(state.Memory)
	}
	return err
}

// initialize checks the module and returns the state of an instance that has been initialized, if there is a function
// for that, or else before its first instruction. That one instance is interpreted, which is sooner done than compiling
// the module.
func (h *Host) initialize(ctx context.Context, code []byte) (s snapshot, err error) {
	r, err := newRuntime(ctx, wazero.NewRuntimeConfigInterpreter(), h.limits)
	if err != nil {
		return s, err
	}
	defer r.Close(ctx)
	exports, globals, err := exporting(code)
	if errors.Is(err, errOther) {
		exports, globals, err = code, 0, nil
	}
	if err != nil {
		return s, fmt.Errorf("compiling the module: %w", err)
	}
	compiled, err := r.CompileModule(ctx, exports)
	if err != nil {
		return s, fmt.Errorf("compiling the module: %w", err)
	}
	if err := checkImports(compiled); err != nil {
		return s, err
	}
	if h.entry, err = entryOf(compiled, h.Reuse); err != nil {
		return s, err
	}
	i, err := h.instantiate(ctx, r, compiled, &stdio{}, h.Env)
	if err != nil {
		return s, err
	}
	defer i.close()
	if h.entry.initialize != "" {
		if err := i.call(ctx, h.entry.initialize); err != nil {
			return s, fmt.Errorf("initializing an instance: %w", err)
		}
	}
	memory, ok := i.Memory().Read(0, i.Memory().Size())
	if !ok {
		return s, errors.New("reading the memory of an instance")
	}
	s.Pages, s.Memory = len(memory)/pageSize, slices.Clone(withoutZeros(memory))
	for g := range globals {
		s.Globals = append(s.Globals, i.ExportedGlobal(globalName(g)).Get())
	}
	return s, nil
}

// checkImports returns an error if the module needs more than WASI preview 1.
func checkImports(m wazero.CompiledModule) error {
	var others []string
	for _, f := range m.ImportedFunctions() {
		if module, name, _ := f.Import(); module != wasi_snapshot_preview1.ModuleName {
			others = append(others, module+"."+name)
		}
	}
	for _, memory := range m.ImportedMemories() {
		module, name, _ := memory.Import()
		others = append(others, module+"."+name)
	}
	if len(others) > 0 {
		slices.Sort(others)
		return fmt.Errorf("the module imports %s, which WASI preview 1 does not have", strings.Join(others, ", "))
	}
	if len(m.ExportedMemories()) == 0 {
		return errors.New("the module exports no memory, which WASI preview 1 requires")
	}
	return nil
}

// entryOf returns how instances of the module serve requests.
func entryOf(m wazero.CompiledModule, reuse bool) (e entry, err error) {
	exported := m.ExportedFunctions()
	has := func(name string) bool {
		f, ok := exported[name]
		return ok && len(f.ParamTypes()) == 0 && len(f.ResultTypes()) == 0
	}
	switch {
	case has(exportServe) && has(exportInitialize):
		return entry{exportInitialize, exportServe}, nil
	case has(exportServe) && !has(exportStart):
		return entry{"", exportServe}, nil
	case reuse:
		return e, fmt.Errorf("the module exports no functions %s and %s without parameters, so that its instances cannot "+
			"be called again: use -model wasm, or build it with -buildmode=c-shared and export %[2]s by go:wasmexport",
			exportInitialize, exportServe)
	case has(exportStart):
		return entry{"", exportStart}, nil
	}
	return e, fmt.Errorf("the module exports no function %s; want a program for WASI preview 1", exportStart)
}
