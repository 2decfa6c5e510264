package explain_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"forktax/bench/explain"
)

func TestReplay(t *testing.T) {
	dir := t.TempDir()
	file, none, fifo := filepath.Join(dir, "file"), filepath.Join(dir, "none"), filepath.Join(dir, "fifo")
	if err := os.WriteFile(file, make([]byte, 100<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	check := func(what, path string, opened int, read int64, mapped bool, looked, missed int, want bool) {
		t.Helper()
		took, ok := explain.Replay(path, opened, read, mapped, looked, missed)
		if ok != want || ok != (took > 0) {
			t.Errorf("Replay of %s = %v, %t, want %t", what, took, ok, want)
		}
	}
	check("opening a file", file, 2, 0, false, 0, 0, true)
	check("reading a file", file, 1, 100<<10, false, 0, 0, true)
	check("reading beyond the end", file, 1, 1<<20, false, 0, 0, true)
	check("mapping a file", file, 1, 832, true, 0, 0, true)
	check("listing a directory", dir, 1, 0, false, 0, 0, true)
	check("stat of a directory", dir, 0, 0, false, 3, 0, true)
	check("a missing file", none, 0, 0, false, 0, 3, true)
	check("stat of a FIFO", fifo, 0, 0, false, 1, 0, true)
	check("opening a FIFO", fifo, 1, 0, false, 0, 0, false)
	check("opening a deleted file", none, 1, 0, false, 0, 0, false)
	check("a missing file that exists now", file, 0, 0, false, 0, 1, false)
	check("opening a device", "/dev/zero", 1, 1<<40, false, 0, 0, false)
	if info, err := os.Stat(file); err != nil || info.Size() != 100<<10 {
		t.Errorf("after the replays, the file is %v, %v, want it unchanged", info, err)
	}
}

func TestDial(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	for _, to := range [][2]string{{"tcp", "127.0.0.1:0"}, {"unix", path}} {
		l, err := net.Listen(to[0], to[1])
		if err != nil {
			t.Fatal(err)
		}
		took, ok := explain.Dial(to[0], l.Addr().String())
		if !ok || took <= 0 {
			t.Errorf("Dial(%s) = %v, %t, want a duration", l.Addr(), took, ok)
		}
		l.Close()
		if _, ok := explain.Dial(to[0], l.Addr().String()); ok {
			t.Errorf("Dial(%s) when there is no listener", l.Addr())
		}
	}
	if _, ok := explain.Dial("tcp", "127.0.0.1:53"); ok {
		t.Error("Dial of a name server = true, want false")
	}
}
