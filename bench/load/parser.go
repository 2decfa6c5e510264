//go:build linux

package load

import (
	"bytes"
	"math"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// A parser reads one HTTP/1.x answer from whatever bytes come, a few or many at a time (RFC 9112). It allocates only
// for a line that is split over two reads and longer than the room that it was given. Lines may end in CRLF or LF. The
// zero value needs maxHead and maxBody, and reset before each answer.
type parser struct {
	maxHead  int       // bytes of head, of trailers, or of one chunk's size line, at most
	maxBody  int64     // bytes of body, at most
	noBody   bool      // the request was HEAD
	part     []byte    // a line whose end has not come
	excerpt  []byte    // of the body: as much of its beginning as there is room for
	verifier *verifier // examines this answer, if not nil

	at        parserState
	minor     byte  // of the version: HTTP/1.minor
	chunked   bool  //
	close     bool  // Connection: close
	keepAlive bool  // Connection: keep-alive, which HTTP/1.0 needs
	head      int   // bytes of head so far
	length    int64 // Content-Length; -1 without one
	left      int64 // bytes of body or chunk that are still to come

	status       int
	bytes        int64 // of body so far
	serverTiming contract.ServerTiming
}

// A parserState is where in an answer the parser is.
type parserState uint8

const (
	atStatus parserState = iota
	atFirstHeader
	atHeader
	inBody  // of a known length
	inRest  // all until the connection ends is body
	atChunk // its size line
	inChunk
	atChunkEnd // the empty line behind its data
	atTrailer
	atEnd
)

// reset makes p ready for the next answer.
func (p *parser) reset() {
	p.at, p.head, p.part, p.excerpt = atStatus, 0, p.part[:0], p.excerpt[:0]
	p.resetHead()
}

// resetHead drops what the head said so far, for an interim answer (1xx) is followed by another.
func (p *parser) resetHead() {
	p.minor, p.chunked, p.close, p.keepAlive = 0, false, false, false
	p.length, p.left, p.bytes, p.status = -1, 0, 0, 0
	p.serverTiming = contract.ServerTiming{}
}

// done reports whether the answer is complete.
func (p *parser) done() bool { return p.at == atEnd }

// reusable reports whether another request may follow on the connection of a complete answer.
func (p *parser) reusable() bool {
	return !p.close && (p.minor > 0 || p.keepAlive)
}

// feed reads what it can of b. It returns how many bytes belong to the answer, and the class of what is wrong with it,
// after which the parser is of no use until reset. If the answer is not done, all of b was read.
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

// end tells the parser that the connection has ended. It completes an answer that is delimited so; any other that is
// not done was cut off.
func (p *parser) end() (class string) {
	if p.at != inRest {
		return record.ErrClosed
	}
	p.at = atEnd
	return ""
}

// line returns the line that ends in b, without its end, and how many bytes it took. The beginning of a line that does
// not end in b is kept for the next call.
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

// body reads bytes of the body and returns how many.
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

// keepExcerpt keeps as much of b as there is still room for.
func (p *parser) keepExcerpt(b []byte) {
	if room := cap(p.excerpt) - len(p.excerpt); room > 0 {
		p.excerpt = append(p.excerpt, b[:min(room, len(b))]...)
	}
}

// step reads one line.
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
	case atTrailer: // fields behind the body: none is wanted
		if len(line) == 0 {
			p.at = atEnd
		}
	}
	return ""
}

// chunkSize reads the hexadecimal size of a chunk, with or without extensions behind a semicolon.
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
