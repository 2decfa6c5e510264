// Package machine says what a run is made on: the record without which absolute numbers mean nothing.
package machine

import (
	"crypto/sha256"
	"debug/buildinfo"
	"debug/elf"
	"fmt"
	"io"
	"os"
	"runtime"

	"forktax/bench/foreign"
	"forktax/bench/record"
)

// Environment describes this machine. What it does not tell stays zero.
func Environment() record.Environment {
	e := record.Environment{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	describe(&e)
	return e
}

// buildSettings of a build that change how a program starts.
var buildSettings = map[string]bool{"CGO_ENABLED": true, "-tags": true, "-ldflags": true, "-buildmode": true,
	"-race":     true,
	"-trimpath": true, "GOAMD64": true, "vcs.revision": true, "vcs.modified": true}

// Program describes the file at path that serves the workload.
func Program(workload, path string) (record.Program, error) {
	f, err := foreign.Open(path)
	if err != nil {
		return record.Program{}, fmt.Errorf("reading the program of %s: %w", workload, err)
	}
	defer f.Close()
	hash := sha256.New()
	n, err := io.Copy(hash, f)
	if err != nil {
		return record.Program{}, fmt.Errorf("reading the program of %s: %w", workload, err)
	}
	p := record.Program{Workload: workload, Path: path, Bytes: n, SHA256: fmt.Sprintf("%x", hash.Sum(nil)),
		Linking: linking(f)}
	if info, err := buildinfo.Read(f); err == nil { // else it is not a Go program
		p.Go, p.Settings = info.GoVersion, map[string]string{}
		for _, s := range info.Settings {
			if buildSettings[s.Key] {
				p.Settings[s.Key] = s.Value
			}
		}
	}
	return p, nil
}

// linking looks for an interpreter, which is what the kernel starts instead of a dynamically linked program.
func linking(f *os.File) string {
	e, err := elf.NewFile(f)
	if err != nil {
		return ""
	}
	for _, p := range e.Progs {
		if p.Type == elf.PT_INTERP {
			return record.LinkedDynamically
		}
	}
	return record.LinkedStatically
}
