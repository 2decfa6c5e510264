package machine_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"forktax/bench/machine"
	"forktax/bench/record"
)

// Evicted pages are not in the page cache, unless they are mapped. Paths that are not files on a disk are left out.
func TestEvict(t *testing.T) {
	dir := t.TempDir()
	free, mapped := filepath.Join(dir, "free"), filepath.Join(dir, "mapped")
	content := bytes.Repeat([]byte("forktax\n"), 8192)
	for _, path := range []string{free, mapped} {
		if err := os.WriteFile(path, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Open(mapped)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pages, err := unix.Mmap(int(f.Fd()), 0, len(content), unix.PROT_READ, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(pages)
	got, err := machine.Evict([]string{free, mapped, dir, filepath.Join(dir, "missing"), "/proc/self/maps"})
	if err != nil {
		t.Fatal(err)
	}
	want := []record.ColdFile{{Path: free, Bytes: 65536, Kept: new(int64(0))},
		{Path: mapped, Bytes: 65536, Kept: new(int64(65536))}}
	if unix.Cachestat(uint(f.Fd()), &unix.CachestatRange{}, &unix.Cachestat_t{}, 0) == unix.ENOSYS { // before Linux 6.5
		want[0].Kept, want[1].Kept = nil, nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Evict (-want +got); it has no effect on a file system in memory:\n%s", diff)
	}
}
