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
	"slices"

	"forktax/bench/buildcache"
	"forktax/workload/contract"
)

// ModuleWorkload is the workload program that serves any WebAssembly module.
const ModuleWorkload = "module"

// ModuleModel is the model of such a module: an instance for each request.
var ModuleModel = contract.Models[slices.IndexFunc(contract.Models, func(m contract.Model) bool {
	return m.Host == contract.HostWasm && m.State == contract.PerRequest
})].Name

// ModuleBuild returns the arguments of the go command that builds the module of a package, with the flags of workload
// programs, and what its environment needs. Functions of a c-shared module can be called again.
func ModuleBuild(output, of string) (args, settings []string) {
	args = slices.Concat([]string{"build"}, BuildFlags(), []string{"-buildmode=c-shared", "-o", output, of})
	return args, []string{"GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0"}
}

// addModule makes the files that a program of this project needs for a model with WebAssembly, unless they were
// installed with it. It builds them once, in the directory of the program if that is a build of the checkout.
func (l *Launcher) addModule(ctx context.Context, p Program, model string) error {
	m, _ := contract.ModelNamed(model)
	if m.Host != contract.HostWasm || l.modules[p.Path] || filepath.Base(p.Path) == contract.ModuleProgram ||
		!isWorkload(p.Path) {
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
	for _, file := range []string{path + contract.ModuleSuffix, filepath.Join(dir, contract.ModuleProgram)} {
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
	host := slices.Concat([]string{"build"}, BuildFlags(), []string{"-o", dir, "./cmd/" + contract.ModuleProgram})
	if _, err := f.goCommand(ctx, nil, host...); err != nil {
		return err
	}
	module, settings := ModuleBuild(path+contract.ModuleSuffix, "./cmd/"+name)
	_, err := f.goCommand(ctx, settings, module...)
	return err
}
