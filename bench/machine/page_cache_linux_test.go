package machine_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"unsafe"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"forktax/bench/machine"
)

// fileSize is more than the kernel's read-ahead.
const fileSize = 3 << 20

// onDisk returns a directory for a test's files, and reports whether it is on a disk. Files on a file system in memory
// cannot be dropped from the page cache.
func onDisk(t *testing.T) (dir string, disk bool) {
	t.Helper()
	for _, dir := range []string{t.TempDir(), "."} {
		var s unix.Statfs_t
		if err := unix.Statfs(dir, &s); err != nil {
			t.Fatal(err)
		}
		if s.Type == unix.TMPFS_MAGIC || s.Type == unix.RAMFS_MAGIC {
			continue
		}
		own, err := os.MkdirTemp(dir, "settle-")
		if err != nil {
			continue
		}
		t.Cleanup(func() { os.RemoveAll(own) })
		return own, true
	}
	return t.TempDir(), false
}

// written creates a file, whose content is then in the page cache.
func written(t *testing.T, name string, head string, mode fs.FileMode) {
	t.Helper()
	content := append([]byte(head), bytes.Repeat([]byte("forktax\n"), (fileSize-len(head))/8)...)
	if err := os.WriteFile(name, content, mode); err != nil {
		t.Fatal(err)
	}
}

// resident returns the share of the file's pages that are in memory.
func resident(t *testing.T, name string) float64 {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(mapped)
	pages := make([]byte, (len(mapped)+os.Getpagesize()-1)/os.Getpagesize())
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(unsafe.Pointer(&mapped[0])), uintptr(len(mapped)),
		uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		t.Fatal(errno)
	}
	in := 0
	for _, p := range pages {
		in += int(p & 1)
	}
	return float64(in) / float64(len(pages))
}

// readFromDisk returns the number of bytes that this process has read from disks.
func readFromDisk(t *testing.T) int64 {
	t.Helper()
	self, err := procfs.Self()
	if err != nil {
		t.Fatal(err)
	}
	io, err := self.IO()
	if err != nil {
		t.Fatal(err)
	}
	return int64(io.ReadBytes)
}

// A file that was just written is in memory, and not yet on the disk. If NormalizePageCache reads it from the disk, it
// was written back and dropped from the cache.
func TestNormalizePageCache(t *testing.T) {
	dir, disk := onDisk(t)
	plain, script, interpreter := filepath.Join(dir, "plain"), filepath.Join(dir, "script"), filepath.Join(dir, "sh")
	for name, test := range map[string]struct {
		settled string
		want    int64 // bytes
	}{
		"an executable":                {plain, fileSize},
		"a script and its interpreter": {script, 2 * fileSize},
	} {
		t.Run(name, func(t *testing.T) {
			written(t, plain, "", 0o755)
			written(t, interpreter, "", 0o755)
			written(t, script, "#!"+interpreter+" -e\n", 0o755)
			before := readFromDisk(t)
			if err := machine.NormalizePageCache(test.settled); err != nil {
				t.Fatal(err)
			}
			// Other goroutines may read as well, so the number may be higher.
			if got := readFromDisk(t) - before; disk && got < test.want {
				t.Errorf("NormalizePageCache read %d bytes from the disk, want %d", got, test.want)
			}
			if got := resident(t, test.settled); got != 1 {
				t.Errorf("%.0f%% of the file is in memory, want 100%%", got*100)
			}
		})
	}
}
