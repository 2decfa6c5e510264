package process

import "bytes"

// longestLine is the longest first line, in bytes: several times the length of two URLs.
const longestLine = 1 << 10

// A firstLine is a writer for a program's output. It passes on the first line and discards the rest.
type firstLine struct {
	to   chan<- string // capacity 1
	line []byte
	done bool
}

func (f *firstLine) Write(p []byte) (int, error) {
	if !f.done {
		text, _, ended := bytes.Cut(p, []byte("\n"))
		f.line = append(f.line, text...)
		if f.done = ended || len(f.line) >= longestLine; f.done {
			f.to <- string(f.line[:min(len(f.line), longestLine)])
		}
	}
	return len(p), nil
}
