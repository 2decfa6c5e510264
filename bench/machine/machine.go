// Package machine describes the machine of a run, and assesses whether it is suitable for measurements. Absolute
// numbers are meaningless without this description. It also controls the machine's state: core pinning and the page
// cache.
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

// Environment returns a description of this machine. Values that are not available are zero.
func Environment() record.Environment {
	e := record.Environment{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	describe(&e)
	return e
}

// buildSettings lists the Go build settings that are recorded: the settings that affect a program's
// start, and its revision.
var buildSettings = map[string]bool{"CGO_ENABLED": true, "-tags": true, "-ldflags": true, "-buildmode": true,
	"-race": true, "-trimpath": true, "GOAMD64": true, "vcs.revision": true, "vcs.modified": true}

// Program returns a description of the executable file of a workload.
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
	if info, err := buildinfo.Read(f); err == nil { // fails if it is not a Go program
		p.Go, p.Settings = info.GoVersion, map[string]string{}
		for _, s := range info.Settings {
			if buildSettings[s.Key] {
				p.Settings[s.Key] = s.Value
			}
		}
	}
	return p, nil
}

// linking reports how the program is linked. A dynamically linked program names an interpreter, which the kernel
// starts.
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
