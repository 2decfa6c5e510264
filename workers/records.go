package workers

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
)

// Types of FastCGI records, and other values of FastCGI 1.0. The numbers of sections are those of its specification.
const (
	beginRequest    = 1
	endRequest      = 3
	params          = 4
	stdin           = 5
	stdout          = 6
	stderr          = 7
	getValuesResult = 10

	version     = 1
	headerSize  = 8
	mostContent = 65528 // the largest multiple of 8 that the length in a header can be
	requestID   = 1     // a worker serves one request at a time
	responder   = 1     // role of an ordinary application (section 6.2)
	keepOpen    = 1     // the worker does not close the connection (section 5.1)
)

// appendRecord appends a record (section 3.3). Content has at most mostContent bytes.
func appendRecord(b []byte, kind byte, id uint16, content []byte) []byte {
	padding := -len(content) & 7
	b = append(b, version, kind, byte(id>>8), byte(id), byte(len(content)>>8), byte(len(content)), byte(padding), 0)
	b = append(b, content...)
	return append(b, make([]byte, padding)...)
}

// appendStream appends records with the content of a stream, without the empty record at its end.
func appendStream(b []byte, kind byte, content []byte) []byte {
	for len(content) > 0 {
		n := min(len(content), mostContent)
		b = appendRecord(b, kind, requestID, content[:n])
		content = content[n:]
	}
	return b
}

// appendPair appends a name and a value (section 3.4).
func appendPair(b []byte, name, value string) []byte {
	for _, s := range []string{name, value} {
		if len(s) < 1<<7 {
			b = append(b, byte(len(s)))
		} else {
			b = binary.BigEndian.AppendUint32(b, uint32(len(s))|1<<31)
		}
	}
	return append(append(b, name...), value...)
}

// appendBegin appends the record that begins a request.
func appendBegin(b []byte) []byte {
	return appendRecord(b, beginRequest, requestID, []byte{0, responder, keepOpen, 0, 0, 0, 0, 0})
}

// A recordHeader is the header of a record.
type recordHeader struct {
	kind            byte
	content, padded int
}

func readHeader(from *bufio.Reader) (h recordHeader, err error) {
	text, err := from.Peek(headerSize)
	if err != nil {
		if err == io.EOF && len(text) > 0 {
			err = io.ErrUnexpectedEOF
		}
		return h, err
	}
	if text[0] != version {
		return h, fmt.Errorf("a record of version %d of FastCGI, want %d", text[0], version)
	}
	h = recordHeader{text[1], int(binary.BigEndian.Uint16(text[4:])), int(text[6])}
	_, err = from.Discard(headerSize)
	return h, err
}

// A stream reads the standard output of a worker for one request. Its end is the record that ends the request.
type stream struct {
	from    *bufio.Reader
	log     func(text []byte) // logs the standard error
	content int               // bytes that remain of the content of a record
	padded  int               // bytes that follow it
	ended   bool
}

func (s *stream) Read(p []byte) (int, error) {
	for s.content == 0 {
		if s.ended {
			return 0, io.EOF
		}
		if err := s.next(); err != nil {
			return 0, unexpected(err)
		}
	}
	n, err := s.from.Read(p[:min(len(p), s.content)])
	s.content -= n
	return n, unexpected(err)
}

// isPaused reports whether the stream has neither ended nor anything to read at the moment. It reads on if the end of
// the request has arrived.
func (s *stream) isPaused() bool {
	for s.content == 0 && !s.ended && s.from.Buffered() >= s.padded+headerSize {
		if s.next() != nil {
			return false // Read returns the error again
		}
	}
	return s.content == 0 && !s.ended
}

// next reads the header of a record, and a record that has no standard output.
func (s *stream) next() error {
	if _, err := s.from.Discard(s.padded); err != nil {
		return err
	}
	s.padded = 0
	h, err := readHeader(s.from)
	if err != nil {
		return err
	}
	s.padded = h.padded
	switch h.kind {
	case stdout:
		s.content = h.content
		return nil
	case stderr:
		text := make([]byte, h.content)
		_, err = io.ReadFull(s.from, text)
		s.log(text)
		return err
	case endRequest:
		return s.end(h)
	}
	_, err = s.from.Discard(h.content)
	return err
}

// end reads the record that ends a request (section 5.5).
func (s *stream) end(h recordHeader) error {
	var body [8]byte
	if h.content != len(body) {
		return fmt.Errorf("a record of %d bytes ends the request, want %d", h.content, len(body))
	}
	if _, err := io.ReadFull(s.from, body[:]); err != nil {
		return err
	}
	if _, err := s.from.Discard(s.padded); err != nil {
		return err
	}
	s.padded, s.ended = 0, true
	if status := body[4]; status != 0 {
		return fmt.Errorf("the worker refused the request, with FastCGI's protocol status %d", status)
	}
	return nil
}

// unexpected returns an error that is not io.EOF: a stream does not end with its connection.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
