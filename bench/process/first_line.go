package process

import "bytes"

// longestLine is how much of a first line is waited for: some times the length of any two URLs.
const longestLine = 1 << 10

// A firstLine takes a program's output, hands on its first line, and throws the others away.
type firstLine struct {
	to   chan<- string // has room for one
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
