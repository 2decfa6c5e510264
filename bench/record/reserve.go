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

// tailFile keeps room for the Tail while a run goes on. It holds blanks, so that its bytes are on the disk; to write
// over them takes no more. It is removed when the Tail is in the blocks file, where it belongs, and holds it if there
// was no room. So a run whose harness was killed has a blank one.
const tailFile = "tail.json"

// tailRoom is how long the file is: one page of memory, or one block of a disk.
const tailRoom = 4 << 10

// A reserve is that file while the run goes on.
type reserve struct{ file *os.File }

// newReserve makes it in the directory dir.
func newReserve(dir string) (*reserve, error) {
	name := filepath.Join(dir, tailFile)
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, NewWriteError(name, err)
	}
	r := &reserve{f}
	err = r.put(nil)
	if err == nil {
		err = f.Sync() // some file systems find room for what was written only then
	}
	if err != nil {
		return nil, errors.Join(NewWriteError(name, err), f.Close(), os.Remove(name))
	}
	return r, nil
}

// put writes the text, and blanks up to the end of the file.
func (r *reserve) put(text []byte) error {
	padded := bytes.Repeat([]byte{' '}, tailRoom)
	padded[tailRoom-1] = '\n'
	copy(padded, text)
	_, err := r.file.WriteAt(padded, 0)
	return err
}

// writeTail writes the tail over the blanks. Of a condition that is too long it keeps the beginning.
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

// remove removes it, as there was room elsewhere.
func (r *reserve) remove() error {
	return errors.Join(r.file.Close(), os.Remove(r.file.Name()))
}

// readReserve reads what the file in the directory holds: nothing, if there is none or it is blank.
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
		return Tail{}, errors.New("it is not a tail")
	}
	return *l.Tail, validateTail(*l.Tail)
}
