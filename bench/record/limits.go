package record

import (
	"bufio"
	"errors"
	"fmt"
)

// Limits on files that are read, far above what forktax writes. The head contains the bodies of requests.
const (
	maxLine   = 64 << 20 // bytes per line of the blocks file
	maxValues = 1 << 20  // values in one JSON text; each takes memory, even if its text is short
)

// errLongLine is returned for a line that would take too much memory.
var errLongLine = fmt.Errorf("line is longer than %d bytes", maxLine)

// readLine reads a line of at most this many bytes, line end included. It returns the errors of
// bufio.Reader.ReadBytes, and errLongLine.
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

// limitValues returns an error for JSON with too many values. The JSON need not be valid.
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
		return fmt.Errorf("JSON has more than %d values", maxValues)
	}
	return nil
}
