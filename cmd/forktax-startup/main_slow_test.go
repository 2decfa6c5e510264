//go:build slow

package main

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"forktax/cgi"
)

// With the build tag large, the executable is large and works.
func TestLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "startup")
	if out, err := exec.Command("go", "build", "-tags", "large", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() < 50<<20 {
		t.Errorf("the executable has %d bytes, want more than 50 MiB", info.Size())
	}
	s := httptest.NewServer(&cgi.Host{Path: path})
	defer s.Close()
	if got := text(t, s.URL); got != "hello\n" {
		t.Errorf("GET / = %q", got)
	}
}
