package subject

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"forktax/bench/buildcache"
	"forktax/workload/contract"
)

// A workload program that is served as a WebAssembly module needs two more files in its directory.
const (
	moduleSuffix = ".wasm"        // follows the name of the program in that of its module
	wasmProgram  = "forktax-wasm" // serves modules
)

// moduleFlags are the flags of go build for modules, in addition to BuildFlags. Functions of a c-shared module can be
// called again.
var moduleFlags = []string{"-buildmode=c-shared"}

// addModule makes the files that a program of this project needs for a model with WebAssembly, unless they were
// installed with it. It builds them once, in the directory of the program if that is a build of the checkout.
func (l *Launcher) addModule(ctx context.Context, p Program, model string) error {
	m, _ := contract.ModelNamed(model)
	if m.Host != contract.HostWasm || !isWorkload(p.Path) || filepath.Base(p.Path) == wasmProgram || l.modules[p.Path] {
		return nil
	}
	f := NewFinder(cmp.Or(l.Messages, io.Discard))
	if err := f.buildModule(ctx, p.Path); err != nil {
		return err
	}
	if l.modules == nil {
		l.modules = map[string]bool{}
	}
	l.modules[p.Path] = true
	return nil
}

// buildModule builds the module of a program, and the program that serves it, if the program is a build of the
// checkout.
func (f *Finder) buildModule(ctx context.Context, path string) error {
	dir, name := filepath.Split(path)
	var missing error
	for _, file := range []string{path + moduleSuffix, filepath.Join(dir, wasmProgram)} {
		if _, err := os.Stat(file); err != nil {
			missing = cmp.Or(missing, err)
		}
	}
	built := ""
	if f.Checkout != "" {
		var err error
		if built, _, err = buildcache.Programs(cacheName(f.Checkout, nil)); err != nil {
			return err
		}
	}
	if filepath.Clean(dir) != built { // an installed program
		if errors.Is(missing, fs.ErrNotExist) {
			return fmt.Errorf("the module of %s is missing: %w; install a release, or run in a checkout without an installed "+
				"%[1]s", name, missing)
		}
		return missing
	}
	fmt.Fprintf(f.Log, "building the WebAssembly module of %s from %s into %s\n", name, f.Checkout, dir)
	args := append([]string{"build"}, BuildFlags()...)
	if _, err := f.goCommand(ctx, nil, append(args, "-o", dir, "./cmd/"+wasmProgram)...); err != nil {
		return err
	}
	args = append(append(args, moduleFlags...), "-o", path+moduleSuffix, "./cmd/"+name)
	_, err := f.goCommand(ctx, []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0"}, args...)
	return err
}
