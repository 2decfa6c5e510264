package machine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/machine"
	"forktax/bench/record"
)

func TestEnvironment(t *testing.T) {
	e := machine.Environment()
	if e.OS != runtime.GOOS || e.Arch != runtime.GOARCH || e.Go != runtime.Version() || e.Cores < 1 {
		t.Errorf("Environment() = %+v", e)
	}
}

func TestProgram(t *testing.T) {
	path := filepath.Join(t.TempDir(), "script")
	text := "#!/bin/sh\n"
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	got, err := machine.Program("hello", path)
	want := record.Program{Workload: "hello", Path: path, Bytes: 10, SHA256: hex.EncodeToString(sum[:])}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Program = %v (-want +got):\n%s", err, diff)
	}

	for _, path := range []string{path + "2", filepath.Dir(path)} {
		got, err := machine.Program("hello", path)
		if err == nil || !strings.Contains(err.Error(), "reading the program of hello: ") {
			t.Errorf("Program(%s) = %+v, %v, want an error", path, got, err)
		}
	}
}

// The test itself is a Go program.
func TestProgramInGo(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := machine.Program("hello", path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Go != runtime.Version() || got.Bytes != info.Size() || len(got.SHA256) != 64 {
		t.Errorf("Program = %+v, want Go %s and %d bytes", got, runtime.Version(), info.Size())
	}
	if got := got.Settings["CGO_ENABLED"]; got != "0" && got != "1" {
		t.Errorf("CGO_ENABLED = %q, want 0 or 1", got)
	}
	for name := range got.Settings { // settings without an effect on a program's start are left out
		if name == "-compiler" || name == "GOOS" {
			t.Errorf("Settings has %s", name)
		}
	}
}

// NormalizePageCache fails only if the file cannot be started.
func TestNormalizePageCacheOfWhatIsNotThere(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	for _, first := range []string{"#!/no/such/interpreter\n", "#!\n", "#!/usr/bin/env no-such-program\n", ""} {
		if err := os.WriteFile(script, []byte(first), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := machine.NormalizePageCache(script); err != nil {
			t.Errorf("NormalizePageCache of a file that begins with %q = %v", first, err)
		}
	}
	// This script is its own interpreter. The search for interpreters must end.
	if err := os.WriteFile(script, []byte("#!"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := machine.NormalizePageCache(script); err != nil {
		t.Errorf("NormalizePageCache of a script that is its own interpreter = %v", err)
	}
	for _, path := range []string{filepath.Join(dir, "nothing"), dir} {
		if err := machine.NormalizePageCache(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("NormalizePageCache(%s) = %v, want an error that names it", path, err)
		}
	}
}
