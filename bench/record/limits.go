package record

import (
	"bufio"
	"errors"
	"fmt"
)

// Limits on what is read of a file, far above what forktax writes. The head has the bodies of requests in it.
const (
	maxLine   = 64 << 20 // bytes of a line of the blocks file
	maxValues = 1 << 20  // values in one JSON text: each takes memory, however short it is
)

// errLongLine is returned for a line that would take too much memory.
var errLongLine = fmt.Errorf("a line has more than %d bytes", maxLine)

// readLine reads a line of at most so many bytes, its end included. Its errors are those of bufio.Reader.ReadBytes, and
// errLongLine.
func readLine(in *bufio.Reader, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		if len(line)+len(part) > most {
			return nil, errLongLine
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// limitValues returns an error for JSON of too many values. It need not be valid.
func limitValues(text []byte) error {
	n, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && (c == ',' || c == '[' || c == '{'):
			n++
		}
	}
	if n > maxValues {
		return fmt.Errorf("it has more than %d values", maxValues)
	}
	return nil
}
