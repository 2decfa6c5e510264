package bench_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"forktax/bench"
)

// limitFiles lets no file of this process grow beyond size bytes, until the returned function is called: the nearest to
// a full disk that needs no disk of one's own. What fits is written, as it is on a full disk.
func limitFiles(t *testing.T, size int64) (restore func()) {
	t.Helper()
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	limit := before
	limit.Cur = uint64(size)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	restore = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(restore)
	return restore
}

func size(t *testing.T, name string) int64 {
	t.Helper()
	info, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// The disk is full when the third block is to be written, and has room again when the run's end is.
func TestFullDisk(t *testing.T) {
	const full = 3
	for name, test := range map[string]struct {
		room func(t *testing.T, dir string) int64 // for each file, while the third block is written
		many int                                  // observations of the third block
		want string
	}{
		"half a line fits": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "blocks.jsonl")) + 10
		}, 1, "writing the result: "},
		"no line fits": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "blocks.jsonl"))
		}, 1, "writing the result: "},
		"not all observations fit": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "observations.bin")) + 100
		}, 1000, "writing the observations: "},
		"more observations than the buffer holds": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "observations.bin")) + 100
		}, 1_000_000, "writing the observations: "},
	} {
		t.Run(name, func(t *testing.T) {
			engine, launcher := &fakeEngine{}, &fakeLauncher{}
			r := newRunner(t, somePlan(), launcher, engine)
			restore := func() {}
			engine.run = func(ctx context.Context, v bench.Visit, rec bench.Recorder) error {
				if len(engine.visits) < full {
					return oneAnswer(ctx, v, rec)
				}
				restore = limitFiles(t, test.room(t, r.Record.Dir))
				rec.Observe(make([]bench.Observation, test.many))
				return nil
			}
			err := r.Run(t.Context())
			restore()
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "file too large") {
				t.Errorf("Run = %v, want %q", err, test.want)
			}
			if got := len(engine.visits); got != full {
				t.Errorf("%d visits, want %d", got, full)
			}
			if err := r.Record.Finish(bench.Tail{Condition: "full"}); err != nil {
				t.Errorf("Finish = %v", err)
			}
			result := read(t, r.Record.Dir)
			if len(result.Blocks) != full-1 || result.Tail.Condition != "full" {
				t.Errorf("%d blocks and the tail %+v can be read, want %d and why", len(result.Blocks), result.Tail, full-1)
			}
			for _, b := range result.Blocks {
				if got, err := observations(result, b); len(got) != 1 || err != nil {
					t.Errorf("a block from before: %+v, %v", got, err)
				}
			}
		})
	}
}

// A disk without any room, for either file.
func TestNoRoom(t *testing.T) {
	open := func(name string) *os.File {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	dir := t.TempDir()
	if _, err := bench.NewRecord(bench.Head{}, open("/dev/full"), open(filepath.Join(dir, "o"))); err == nil ||
		!strings.Contains(err.Error(), "writing the result: write /dev/full: no space left on device") {
		t.Errorf("NewRecord = %v, want that there is no room", err)
	}
	p := somePlan()
	head := bench.Head{Schema: bench.Schema, Plan: p}
	record, err := bench.NewRecord(head, open(filepath.Join(dir, "blocks.jsonl")), open("/dev/full"))
	if err != nil {
		t.Fatal(err)
	}
	launcher := &fakeLauncher{}
	r := bench.Runner{Plan: p, Launcher: launcher, Engines: map[string]bench.Engine{"fake": &fakeEngine{}}, Record: record}
	err = r.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "writing the observations: write /dev/full: no space left on device") {
		t.Errorf("Run = %v, want that there is no room", err)
	}
	if err := record.Finish(bench.Tail{Condition: err.Error()}); err != nil {
		t.Errorf("Finish = %v", err)
	}
	if result := read(t, dir); len(result.Blocks) > 0 || result.Tail.Condition != err.Error() {
		t.Errorf("%d blocks and the tail %+v can be read, want none and why", len(result.Blocks), result.Tail)
	}
	if launcher.started.Load() != launcher.ending.Load() {
		t.Errorf("%d targets started and %d stopped", launcher.started.Load(), launcher.ending.Load())
	}
}

func TestWriteFileWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "result.json")
	if err := bench.WriteFile(name, []byte("before")); err != nil {
		t.Fatal(err)
	}
	restore := limitFiles(t, 100)
	err := bench.WriteFile(name, make([]byte, 200))
	restore()
	if err == nil || !strings.Contains(err.Error(), "writing "+name) {
		t.Errorf("WriteFile = %v, want an error that names the file", err)
	}
	if got := string(readFile(t, name)); got != "before" {
		t.Errorf("the file now holds %q", got)
	}
	wantFiles(t, dir, "result.json")
}
