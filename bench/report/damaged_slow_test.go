//go:build slow

package report_test

import (
	"bytes"
	"flag"
	"path/filepath"
	"testing"
)

var allDamage = flag.Bool("damage", false, "replace all values, which takes minutes, and not one in 64")

// sample returns a function that calls yield for one in 64 damaged texts, or for all with -damage. Keys come in the
// order of maps, so each run has another sample.
func sample(yield func(path string, damaged []byte)) func(path string, damaged []byte) {
	n := 0
	return func(path string, damaged []byte) {
		if n++; *allDamage || n%64 == 0 {
			yield(path, damaged)
		}
	}
}

// A run with any of its values replaced is refused or printed.
func TestDamagedRuns(t *testing.T) {
	for _, name := range damagedRuns {
		t.Run(name, func(t *testing.T) {
			r, dir := smallRun(t, name), t.TempDir()
			lines := bytes.SplitAfter(r.blocks, []byte("\n"))
			for _, i := range []int{0, 1, len(lines) - 3, len(lines) - 2} { // the head, two blocks and the tail
				whole := lines[i]
				damage(t, whole, sample(func(path string, damaged []byte) {
					defer func() {
						if why := recover(); why != nil {
							t.Fatalf("line %d, %s: panic: %v", i+1, path, why)
						}
					}()
					lines[i] = append(damaged, '\n')
					storedRun{bytes.Join(lines, nil), r.observations}.usable(t, dir)
				}))
				lines[i] = whole
			}
		})
	}
}

// A result.json with any of its values replaced is refused or printed.
func TestDamagedResults(t *testing.T) {
	for _, name := range damagedRuns {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "result.json")
			damage(t, smallResult(t, name), sample(func(path string, damaged []byte) {
				defer func() {
					if why := recover(); why != nil {
						t.Errorf("%s: panic: %v", path, why)
					}
				}()
				usableResult(t, file, damaged)
			}))
		})
	}
}
