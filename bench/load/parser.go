//go:build linux

package load

import (
	"bytes"
	"math"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// A parser parses one HTTP/1.x response (RFC 9112), fed in pieces of any size. It allocates only for a line that is
// split over two reads and longer than the capacity of part. Lines may end in CRLF or LF. The zero value needs maxHead
// and maxBody, and a reset before each response.
type parser struct {
	maxHead  int       // limit for the head, the trailers, or the size line of a chunk, in bytes
	maxBody  int64     // limit for the body, in bytes
	noBody   bool      // the request was HEAD
	part     []byte    // beginning of an incomplete line
	excerpt  []byte    // beginning of the body, up to the capacity
	verifier *verifier // examines this response, if not nil

	at        parserState
	minor     byte  // version: HTTP/1.minor
	chunked   bool  //
	close     bool  // Connection: close
	keepAlive bool  // Connection: keep-alive, which HTTP/1.0 needs
	head      int   // bytes of head so far
	length    int64 // Content-Length; -1 without one
	left      int64 // remaining bytes of the body or chunk

	status       int
	bytes        int64 // bytes of the body so far
	serverTiming contract.ServerTiming
}

// A parserState is the position of the parser in a response.
type parserState uint8

const (
	atStatus parserState = iota
	atFirstHeader
	atHeader
	inBody  // body of known length
	inRest  // body until the connection ends
	atChunk // size line
	inChunk
	atChunkEnd // empty line after the data
	atTrailer
	atEnd
)

// reset prepares p for the next response.
func (p *parser) reset() {
	p.at, p.head, p.part, p.excerpt = atStatus, 0, p.part[:0], p.excerpt[:0]
	p.resetHead()
}

// resetHead discards the parsed head, since an interim response (1xx) is followed by another response.
func (p *parser) resetHead() {
	p.minor, p.chunked, p.close, p.keepAlive = 0, false, false, false
	p.length, p.left, p.bytes, p.status = -1, 0, 0, 0
	p.serverTiming = contract.ServerTiming{}
}

// done reports whether the response is complete.
func (p *parser) done() bool { return p.at == atEnd }

// reusable reports whether the connection can be used for another request after the response is complete.
func (p *parser) reusable() bool {
	return !p.close && (p.minor > 0 || p.keepAlive)
}

// feed parses b. It returns the number of bytes that belong to the response, and the class of an error, after which the
// parser must be reset. If the response is not done, all of b was consumed.
func (p *parser) feed(b []byte) (n int, class string) {
	for n < len(b) && p.at != atEnd {
		if p.at == inBody || p.at == inRest || p.at == inChunk {
			m := p.body(b[n:])
			n += m
			if p.bytes > p.maxBody {
				return n, record.ErrTooLarge
			}
			continue
		}
		line, m, whole := p.line(b[n:])
		n += m
		if p.head += m; p.head > p.maxHead {
			return n, record.ErrTooLarge
		}
		if !whole {
			break
		}
		if class := p.step(line); class != "" {
			return n, class
		}
	}
	return n, ""
}

// end handles the end of the connection. It completes a response that is delimited by it, and returns an error class
// for any other response that is not done.
func (p *parser) end() (class string) {
	if p.at != inRest {
		return record.ErrClosed
	}
	p.at = atEnd
	return ""
}

// line returns the line that ends in b, without its line ending, and the number of bytes consumed. It keeps an
// incomplete line for the next call.
func (p *parser) line(b []byte) (line []byte, n int, whole bool) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		p.part = append(p.part, b...)
		return nil, len(b), false
	}
	line = b[:i]
	if len(p.part) > 0 {
		p.part = append(p.part, line...)
		line, p.part = p.part, p.part[:0]
	}
	if last := len(line) - 1; last >= 0 && line[last] == '\r' {
		line = line[:last]
	}
	return line, i + 1, true
}

// body consumes bytes of the body and returns their number.
func (p *parser) body(b []byte) int {
	if p.at != inRest && int64(len(b)) > p.left {
		b = b[:p.left]
	}
	p.bytes += int64(len(b))
	p.keepExcerpt(b)
	if p.verifier != nil {
		p.verifier.body(b)
	}
	if p.at == inRest {
		return len(b)
	}
	if p.left -= int64(len(b)); p.left > 0 {
		return len(b)
	}
	if p.at == inBody {
		p.at = atEnd
	} else {
		p.at, p.head = atChunkEnd, 0
	}
	return len(b)
}

// keepExcerpt appends b to the excerpt, up to its capacity.
func (p *parser) keepExcerpt(b []byte) {
	if room := cap(p.excerpt) - len(p.excerpt); room > 0 {
		p.excerpt = append(p.excerpt, b[:min(room, len(b))]...)
	}
}

// step parses one line.
func (p *parser) step(line []byte) (class string) {
	switch p.at {
	case atStatus:
		return p.statusLine(line)
	case atFirstHeader, atHeader:
		if len(line) == 0 {
			return p.headEnd()
		}
		return p.header(line)
	case atChunk:
		return p.chunkSize(line)
	case atChunkEnd:
		p.at = atChunk
		if len(line) != 0 {
			return record.ErrMalformed
		}
	case atTrailer: // trailer fields are ignored
		if len(line) == 0 {
			p.at = atEnd
		}
	}
	return ""
}

// chunkSize parses the hexadecimal size of a chunk, and ignores extensions after a semicolon.
func (p *parser) chunkSize(line []byte) (class string) {
	if i := bytes.IndexByte(line, ';'); i >= 0 {
		line = line[:i]
	}
	line = trimBlanks(line)
	n := int64(0)
	for _, c := range line {
		d := hexDigit(c)
		if d < 0 || n > math.MaxInt64>>4 {
			return record.ErrMalformed
		}
		n = n<<4 | int64(d)
	}
	switch {
	case len(line) == 0:
		return record.ErrMalformed
	case n > p.maxBody:
		return record.ErrTooLarge
	case n == 0:
		p.at, p.head = atTrailer, 0
	default:
		p.at, p.left = inChunk, n
	}
	return ""
}
