//go:build ignore

// Typecheck checks the types of packages and of their tests for the system in GOOS, without compiling them, which would
// take ten times as long. It needs CGO_ENABLED=0.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// A listed package is one that go list prints.
type listed struct {
	ImportPath, Dir string
	GoFiles         []string
	ImportMap       map[string]string
	DepOnly         bool
	Module          *struct{ GoVersion string }
}

func main() {
	list := exec.Command("go", append([]string{"list", "-deps", "-test",
		"-json=ImportPath,Dir,GoFiles,ImportMap,DepOnly,Module"}, os.Args[1:]...)...)
	list.Stderr = os.Stderr
	out, err := list.StdoutPipe()
	if err == nil {
		err = list.Start()
	}
	if err != nil {
		fail(err)
	}
	checked, found := map[string]*types.Package{"unsafe": types.Unsafe}, 0
	for all := json.NewDecoder(out); ; {
		var p listed
		if err := all.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			fail(err)
		}
		if p.ImportPath == "unsafe" {
			continue
		}
		for _, err := range p.check(checked) {
			found++
			fmt.Fprintln(os.Stderr, err)
		}
	}
	if err := list.Wait(); err != nil {
		fail(err)
	}
	if found > 0 {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// check checks the package, whose imports are checked, and returns its errors. Of dependencies it reads declarations
// only.
func (p listed) check(checked map[string]*types.Package) (found []error) {
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		if !filepath.IsAbs(name) {
			name = filepath.Join(p.Dir, name)
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return []error{err}
		}
		files = append(files, file)
	}
	config := types.Config{
		Importer: importer(func(path string) (*types.Package, error) {
			if mapped := p.ImportMap[path]; mapped != "" {
				path = mapped
			}
			if checked[path] == nil {
				return nil, fmt.Errorf("%s is not checked", path)
			}
			return checked[path], nil
		}),
		IgnoreFuncBodies: p.DepOnly, Sizes: types.SizesFor("gc", runtime.GOARCH),
		Error: func(err error) { found = append(found, err) },
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	checked[p.ImportPath], _ = config.Check(p.ImportPath, fset, files, nil)
	return found
}

type importer func(path string) (*types.Package, error)

func (i importer) Import(path string) (*types.Package, error) { return i(path) }
