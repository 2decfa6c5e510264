package run_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/run"
)

// limitFiles limits the size of files that this process writes, until the returned function is called. This simulates a
// full disk: data that fits is written.
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

// The disk is full when the third block is written, and has room again when the tail is written.
func TestFullDisk(t *testing.T) {
	const full = 3
	for name, test := range map[string]struct {
		room func(t *testing.T, dir string) int64 // file size limit while the third block is written
		many int                                  // number of observations of the third block
		file string                               // the file that cannot be written
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
			engine.run = func(ctx context.Context, v load.Visit, rec load.Recorder) error {
				if len(engine.visits) < full {
					return oneResponse(ctx, v, rec)
				}
				restore = limitFiles(t, test.room(t, r.Record.Dir))
				rec.Observe(make([]record.Observation, test.many))
				return nil
			}
			err := r.Run(t.Context())
			restore()
			wantUnwritten(t, "Run", err, filepath.Join(r.Record.Dir, test.file), "file too large")
			if got := len(engine.visits); got != full {
				t.Errorf("%d visits, want %d", got, full)
			}
			if err := r.Record.Finish(record.Tail{Condition: "full"}); err != nil {
				t.Errorf("Finish = %v", err)
			}
			result := read(t, r.Record.Dir)
			if len(result.Blocks) != full-1 || result.Tail.Condition != "full" {
				t.Errorf("read %d blocks and the tail %+v, want %d and a condition", len(result.Blocks), result.Tail,
					full-1)
			}
			for _, b := range result.Blocks {
				if got, err := observationsOf(result, b); len(got) != 1 || err != nil {
					t.Errorf("observations of an earlier block = %+v, %v, want one", got, err)
				}
			}
		})
	}
}

// wantUnwritten reports a test error unless err is a WriteError of the file with the reason why.
func wantUnwritten(t *testing.T, call string, err error, file, why string) {
	t.Helper()
	var unwritten *record.WriteError
	if !errors.As(err, &unwritten) || err.Error() != fmt.Sprintf("writing %s: %s", file, why) {
		t.Errorf("%s = %v, want writing %s: %s", call, err, file, why)
	}
}

// If the disk is still full at the end of the run, the tail is written into the reserved file.
func TestNoRoomForTail(t *testing.T) {
	long := strings.Repeat("é", 5000) // longer than the reserved file
	for name, test := range map[string]struct {
		tail record.Tail
		want string // the beginning of the condition
	}{
		"failed":           {record.Tail{LengthNS: 7, Condition: "writing x: no space"}, "writing x: no space"},
		"complete":         {record.Tail{LengthNS: 7, Complete: true}, ""},
		"a long condition": {record.Tail{LengthNS: 7, Condition: long}, long[:1000]},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "run")
			head := record.Head{Schema: record.Schema, Version: strings.Repeat("v", 8000)} // longer than the reserved file
			rec, err := record.Create(dir, head)
			if err != nil {
				t.Fatal(err)
			}
			wantIn(t, dir, "blocks.jsonl", "observations.bin", "tail.json")
			if killed := read(t, dir); killed.Tail != (record.Tail{}) {
				t.Errorf("tail before Finish = %+v, want none", killed.Tail)
			}
			restore := limitFiles(t, size(t, filepath.Join(dir, "blocks.jsonl")))
			err = rec.Finish(test.tail)
			restore()
			if err != nil {
				t.Errorf("Finish = %v", err)
			}
			wantIn(t, dir, "blocks.jsonl", "observations.bin", "tail.json")
			if got := size(t, filepath.Join(dir, "tail.json")); got != 4096 {
				t.Errorf("tail.json has %d bytes, want 4096", got)
			}
			got := read(t, dir).Tail
			cut := len(test.tail.Condition) > 4096
			if !strings.HasPrefix(got.Condition, test.want) || strings.HasSuffix(got.Condition, "…") != cut ||
				!utf8.ValidString(got.Condition) || got.LengthNS != 7 || got.Complete != test.tail.Complete {
				t.Errorf("tail = %+v, want %+v", got, test.tail)
			}
		})
	}
}

// If Create fails, it leaves none of its files, and does not remove others.
func TestNoRoomForHead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "other"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	restore := limitFiles(t, 1000)
	_, err := record.Create(filepath.Join(dir, "head"), record.Head{Version: strings.Repeat("v", 2000)})
	_, reserve := record.Create(dir, record.Head{})
	restore()
	wantUnwritten(t, "Create", err, filepath.Join(dir, "head", "blocks.jsonl"), "file too large")
	wantUnwritten(t, "Create", reserve, filepath.Join(dir, "tail.json"), "file too large")
	wantIn(t, dir, "other")
}

// On a disk without any free space, neither file can be written, and the error names the file.
func TestNoRoom(t *testing.T) {
	open := func(name string) *os.File {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	dir := t.TempDir()
	_, err := record.NewRecord(record.Head{}, open("/dev/full"), open(filepath.Join(dir, "o")))
	wantUnwritten(t, "NewRecord", err, "/dev/full", "no space left on device")
	p := somePlan()
	head := record.Head{Schema: record.Schema, Plan: p}
	rec, err := record.NewRecord(head, open(filepath.Join(dir, "blocks.jsonl")), open("/dev/full"))
	if err != nil {
		t.Fatal(err)
	}
	launcher := &fakeLauncher{}
	r := run.Runner{Plan: p, Launcher: launcher, Engines: map[string]load.Engine{"fake": &fakeEngine{}}, Record: rec}
	err = r.Run(t.Context())
	wantUnwritten(t, "Run", err, "/dev/full", "no space left on device")
	if err := rec.Finish(record.Tail{Condition: err.Error()}); err != nil {
		t.Errorf("Finish = %v", err)
	}
	if result := read(t, dir); len(result.Blocks) > 0 || result.Tail.Condition != err.Error() {
		t.Errorf("read %d blocks and the tail %+v, want none and a condition", len(result.Blocks), result.Tail)
	}
	if launcher.started.Load() != launcher.ending.Load() {
		t.Errorf("%d targets started and %d stopped", launcher.started.Load(), launcher.ending.Load())
	}
}

func TestWriteFileIsAtomic(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "result.json")
	if err := record.WriteFile(name, []byte("before")); err != nil {
		t.Fatal(err)
	}
	restore := limitFiles(t, 100)
	err := record.WriteFile(name, make([]byte, 200))
	restore()
	wantUnwritten(t, "WriteFile", err, name, "file too large")
	if got, err := os.ReadFile(name); err != nil || string(got) != "before" {
		t.Errorf("the file contains %q, %v, want before", got, err)
	}
	wantIn(t, dir, "result.json")
}

// observationsOf returns the observations of a block, and the error that ends them, if any.
func observationsOf(r *record.Result, b record.Block) (seen []record.Observation, err error) {
	for o, err := range r.Observations(b) {
		if err != nil {
			return seen, err
		}
		seen = append(seen, o)
	}
	return seen, nil
}

// wantIn checks the names in a directory, including hidden files.
func wantIn(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the directory has %q, want %q", got, want)
	}
}
