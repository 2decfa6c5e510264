package workers

import (
	"bufio"
	"io"
)

// NewStream returns a reader of the standard output of a worker, whose records come from r.
func NewStream(r io.Reader, log func(text []byte)) io.Reader {
	return &stream{from: bufio.NewReaderSize(r, bufferSize), log: log}
}

// Record returns a FastCGI record.
func Record(kind byte, content []byte) []byte { return appendRecord(nil, kind, requestID, content) }

// Types of records.
const (
	EndRequest      = endRequest
	Stdout          = stdout
	Stderr          = stderr
	GetValuesResult = getValuesResult
)
