package machine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// mostInterpreters is how many scripts the kernel follows, each the interpreter of the one before.
const mostInterpreters = 4

// Settle has the system hold the executable at path, and what interprets it if it is a script, in memory in the same
// way however it was written. Linux holds a file in pieces whose size depends on who wrote it and by what calls, and
// how fast a program starts depends on them: copies of the same bytes differ by more than what a run can find. So the
// file is written back, let go, and read once from its beginning to its end. What other processes have mapped stays as
// it is. Only a file that cannot be opened or read is an error: without the rest a run is less exact, and no less
// possible.
func Settle(path string) error {
	for range mostInterpreters {
		head, err := settle(path)
		if err != nil {
			return fmt.Errorf("settling the executable %s: %w", path, err)
		}
		next := interpreter(head)
		if next == "" {
			break
		}
		path = next
	}
	return nil
}

// settle settles one file, and returns its beginning.
func settle(path string) (head []byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	letGo(f)
	var piece [128 << 10]byte // what cat reads at once; the first read decides the size of the pieces
	n, err := io.ReadFull(f, piece[:])
	head = bytes.Clone(piece[:min(n, 256)]) // as much as the kernel looks at
	for err == nil {
		_, err = io.ReadFull(f, piece[:])
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head, err
}

// interpreter returns the path of what the kernel executes in place of a file that begins with head; "" if that is the
// file, or what is there cannot be opened, which is for whoever starts it to say. What env looks up is looked up.
func interpreter(head []byte) string {
	line, found := bytes.CutPrefix(head, []byte("#!"))
	if !found {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	words := strings.Fields(string(line))
	if len(words) == 0 {
		return ""
	}
	path := words[0]
	if strings.HasSuffix(path, "/env") && len(words) > 1 {
		words = words[1:]
		if words[0] == "-S" && len(words) > 1 {
			words = words[1:]
		}
		path, _ = exec.LookPath(words[0])
	}
	if f, err := os.Open(path); err == nil {
		f.Close()
		return path
	}
	return ""
}
