package wasm

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tetratelabs/wazero"

	"forktax/bench/foreign"
)

// unused is the age at which compiled code is removed. Compiling takes a few seconds.
const unused = 14 * 24 * time.Hour

// stateKey returns the path of the file with the state of the module after its initialization; "" without a cache. The
// state depends on the environment, and on the code of this package, of which stateVersion is the version.
func (h *Host) stateKey(code []byte) string {
	if h.Cache == "" {
		return ""
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%d\x00%q\x00", stateVersion, h.Env)
	sum.Write(code)
	return filepath.Join(h.Cache, fmt.Sprintf("state-%x", sum.Sum(nil)))
}

const stateVersion = 1

// readState reads a state from a file, and reports whether there is one.
func readState(path string) (s snapshot, ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return s, false
	}
	defer file.Close()
	return s, gob.NewDecoder(bufio.NewReader(file)).Decode(&s) == nil
}

// write writes the state to a file, unless the path is empty.
func (s snapshot) write(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(path), "new-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // fails if it was renamed
	if err := errors.Join(gob.NewEncoder(file).Encode(s), file.Close()); err != nil {
		return fmt.Errorf("storing the state of the module: %w", err)
	}
	return os.Rename(file.Name(), path)
}

// withoutZeros returns a memory without the zeros at its end.
func withoutZeros(memory []byte) []byte { return bytes.TrimRight(memory, "\x00") }

// openCache opens a cache of compiled code in a directory, and removes old code. The code is executed as it is, so
// other users must not be able to write there.
func openCache(dir string) (wazero.CompilationCache, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("creating the directory for compiled modules: %w", err)
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, err
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("the directory for compiled modules, %s, can be written by other users: run chmod go-w %[1]s",
			dir)
	case !foreign.IsOwn(info):
		return nil, fmt.Errorf("the directory for compiled modules, %s, belongs to another user, who could write to it: "+
			"set XDG_CACHE_HOME to a directory of your own", dir)
	}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil
		}
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > unused {
			_ = os.Remove(path)
		}
		return nil
	})
	return wazero.NewCompilationCacheWithDir(dir)
}
