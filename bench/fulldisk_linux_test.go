package bench_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

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
		file string                               // that cannot be written
	}{
		"half a line fits": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "blocks.jsonl")) + 10
		}, 1, "blocks.jsonl"},
		"no line fits": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "blocks.jsonl"))
		}, 1, "blocks.jsonl"},
		"not all observations fit": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "observations.bin")) + 100
		}, 1000, "observations.bin"},
		"more observations than the buffer holds": {func(t *testing.T, dir string) int64 {
			return size(t, filepath.Join(dir, "observations.bin")) + 100
		}, 1_000_000, "observations.bin"},
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
			wantUnwritten(t, "Run", err, filepath.Join(r.Record.Dir, test.file), "file too large")
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

// wantUnwritten fails unless err is that the file could not be written, for the reason that the system gave.
func wantUnwritten(t *testing.T, call string, err error, file, why string) {
	t.Helper()
	var unwritten *bench.WriteError
	if !errors.As(err, &unwritten) || err.Error() != fmt.Sprintf("writing %s: %s", file, why) {
		t.Errorf("%s = %v, want that %s could not be written: %s", call, err, file, why)
	}
}

// The disk is still full when the end of the run is to be written: it is where there was room kept for it.
func TestNoRoomForTheEnd(t *testing.T) {
	long := strings.Repeat("é", 5000) // above what is kept
	for name, test := range map[string]struct {
		tail bench.Tail
		want string // the beginning of the condition
	}{
		"failed":            {bench.Tail{LengthNS: 7, Condition: "writing x: no space"}, "writing x: no space"},
		"done all the same": {bench.Tail{LengthNS: 7, Complete: true}, ""},
		"for long reasons":  {bench.Tail{LengthNS: 7, Condition: long}, long[:1000]},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			head := bench.Head{Schema: bench.Schema, Version: strings.Repeat("v", 8000)} // longer than the room
			record, err := bench.CreateRecord(dir, head)
			if err != nil {
				t.Fatal(err)
			}
			wantFiles(t, dir, "blocks.jsonl", "observations.bin", "tail.json")
			if killed := read(t, dir); killed.Tail != (bench.Tail{}) {
				t.Errorf("before the end the tail is %+v, want none", killed.Tail)
			}
			restore := limitFiles(t, size(t, filepath.Join(dir, "blocks.jsonl")))
			err = record.Finish(test.tail)
			restore()
			if err != nil {
				t.Errorf("Finish = %v", err)
			}
			wantFiles(t, dir, "blocks.jsonl", "observations.bin", "tail.json")
			if got := size(t, filepath.Join(dir, "tail.json")); got != 4096 {
				t.Errorf("tail.json has %d bytes, want it as long as it was", got)
			}
			got := read(t, dir).Tail
			cut := len(test.tail.Condition) > 4096
			if !strings.HasPrefix(got.Condition, test.want) || strings.HasSuffix(got.Condition, "…") != cut ||
				!utf8.ValidString(got.Condition) || got.LengthNS != 7 || got.Complete != test.tail.Complete {
				t.Errorf("the tail is %+v, want %+v", got, test.tail)
			}
		})
	}
}

// A record that cannot be begun leaves nothing, and takes nothing of others.
func TestNoRoomForTheBeginning(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "other"), nil)
	restore := limitFiles(t, 1000)
	_, err := bench.CreateRecord(filepath.Join(dir, "head"), bench.Head{Version: strings.Repeat("v", 2000)})
	_, reserve := bench.CreateRecord(dir, bench.Head{})
	restore()
	wantUnwritten(t, "CreateRecord", err, filepath.Join(dir, "head", "blocks.jsonl"), "file too large")
	wantUnwritten(t, "CreateRecord", reserve, filepath.Join(dir, "tail.json"), "file too large")
	wantFiles(t, dir, "other")
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
	_, err := bench.NewRecord(bench.Head{}, open("/dev/full"), open(filepath.Join(dir, "o")))
	wantUnwritten(t, "NewRecord", err, "/dev/full", "no space left on device")
	p := somePlan()
	head := bench.Head{Schema: bench.Schema, Plan: p}
	record, err := bench.NewRecord(head, open(filepath.Join(dir, "blocks.jsonl")), open("/dev/full"))
	if err != nil {
		t.Fatal(err)
	}
	launcher := &fakeLauncher{}
	r := bench.Runner{Plan: p, Launcher: launcher, Engines: map[string]bench.Engine{"fake": &fakeEngine{}}, Record: record}
	err = r.Run(t.Context())
	wantUnwritten(t, "Run", err, "/dev/full", "no space left on device")
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
	wantUnwritten(t, "WriteFile", err, name, "file too large")
	if got := string(readFile(t, name)); got != "before" {
		t.Errorf("the file now holds %q", got)
	}
	wantFiles(t, dir, "result.json")
}
