package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"forktax/bench/foreign"
)

// tailFile reserves disk space for the Tail during a run. It is filled with blanks, so that overwriting them needs no
// more space. It is removed when the Tail is in the blocks file; if that had no room, the Tail is in tailFile. After
// the harness was killed the file is blank.
const tailFile = "tail.json"

// tailRoom is the length of tailFile in bytes: one page of memory, or one block of a disk.
const tailRoom = 4 << 10

// A reserve is the open tailFile of a run.
type reserve struct{ file *os.File }

// newReserve creates the reserve in the directory dir.
func newReserve(dir string) (*reserve, error) {
	name := filepath.Join(dir, tailFile)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, NewWriteError(name, err)
	}
	r := &reserve{f}
	err = r.put(nil)
	if err == nil {
		err = f.Sync() // some file systems allocate only then
	}
	if err != nil {
		return nil, errors.Join(NewWriteError(name, err), f.Close(), os.Remove(name))
	}
	return r, nil
}

// put writes the text, padded with blanks to tailRoom bytes.
func (r *reserve) put(text []byte) error {
	padded := bytes.Repeat([]byte{' '}, tailRoom)
	padded[tailRoom-1] = '\n'
	copy(padded, text)
	_, err := r.file.WriteAt(padded, 0)
	return err
}

// writeTail writes the tail over the blanks. A condition that is too long is truncated.
func (r *reserve) writeTail(t Tail) error {
	for {
		text, err := json.Marshal(entry{Tail: &t})
		if err != nil {
			return err
		}
		if len(text) < tailRoom {
			return r.put(text)
		}
		t.Condition = strings.ToValidUTF8(t.Condition[:len(t.Condition)/2], "") + "…"
	}
}

// remove closes and removes the file, after the tail was written to the blocks file.
func (r *reserve) remove() error {
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}

// readReserve reads the tail from the reserve in the directory. It returns the zero Tail if the file is missing or
// blank.
func readReserve(dir string) (Tail, error) {
	text, err := foreign.ReadFile(filepath.Join(dir, tailFile), tailRoom)
	if errors.Is(err, fs.ErrNotExist) {
		return Tail{}, nil
	}
	var l entry
	if text = bytes.TrimSpace(text); err != nil || len(text) == 0 {
		return Tail{}, err
	}
	if err := foreign.UnmarshalJSON(text, &l); err != nil {
		return Tail{}, err
	}
	if l.Tail == nil {
		return Tail{}, errors.New("not a tail")
	}
	return *l.Tail, validateTail(*l.Tail)
}
