//go:build linux

package load

import (
	"bytes"
	"math"

	"forktax/bench/record"
)

// statusLine parses a line such as "HTTP/1.1 200 OK". The reason may be empty, and the blank before it may be missing.
func (p *parser) statusLine(line []byte) (class string) {
	if len(line) < 12 || string(line[:7]) != "HTTP/1." || !isDigit(line[7]) || line[8] != ' ' ||
		len(line) > 12 && line[12] != ' ' {
		return record.ErrMalformed
	}
	p.minor = line[7] - '0'
	for _, d := range line[9:12] {
		if !isDigit(d) {
			return record.ErrMalformed
		}
		p.status = p.status*10 + int(d-'0')
	}
	if p.status < 100 {
		return record.ErrMalformed
	}
	p.at = atFirstHeader
	return ""
}

// header parses one header line. It skips a line that begins with a blank and continues the previous one (RFC 9112,
// 5.2), since no field that matters here is that long.
func (p *parser) header(line []byte) (class string) {
	first := p.at == atFirstHeader
	p.at = atHeader
	if isBlank(line[0]) && !first {
		return ""
	}
	i := bytes.IndexByte(line, ':')
	if i <= 0 || isBlank(line[0]) || isBlank(line[i-1]) { // "Name :" enables response smuggling (RFC 9112, 5.1)
		return record.ErrMalformed
	}
	name, value := line[:i], trimBlanks(line[i+1:])
	if p.verifier != nil {
		p.verifier.header(name, value)
	}
	switch { // compares the length first, since most lines match no case
	case i == len("connection") && foldEqual(name, "connection"):
		p.connection(value)
	case i == len("server-timing") && foldEqual(name, "server-timing"):
		p.serverTiming.AddHeader(value)
	case i == len("content-length") && foldEqual(name, "content-length"):
		return p.contentLength(value)
	case i == len("transfer-encoding") && foldEqual(name, "transfer-encoding"):
		return p.transferEncoding(value)
	}
	return ""
}

var comma = []byte(",")

// connection parses the options of a Connection header.
func (p *parser) connection(value []byte) {
	for len(value) > 0 {
		var option []byte
		option, value, _ = bytes.Cut(value, comma)
		option = trimBlanks(option)
		p.close = p.close || foldEqual(option, "close")
		p.keepAlive = p.keepAlive || foldEqual(option, "keep-alive")
	}
}

// contentLength parses a Content-Length header, which must consist of digits. Repeated headers must have equal values.
func (p *parser) contentLength(value []byte) (class string) {
	n := int64(0)
	for _, d := range value {
		if !isDigit(d) || n > (math.MaxInt64-9)/10 {
			return record.ErrMalformed
		}
		n = n*10 + int64(d-'0')
	}
	if len(value) == 0 || p.length >= 0 && p.length != n {
		return record.ErrMalformed
	}
	p.length = n
	return ""
}

// transferEncoding accepts chunked, the only encoding that may be sent to a client without a TE header (RFC 9112, 6.1).
func (p *parser) transferEncoding(value []byte) (class string) {
	if p.chunked || !foldEqual(value, "chunked") {
		return record.ErrMalformed
	}
	p.chunked = true
	return ""
}

// headEnd determines from the head how the body is delimited (RFC 9112, 6.3).
func (p *parser) headEnd() (class string) {
	switch {
	case p.status < 200 && p.status != 101:
		p.resetHead() // keeps the size of the head, which bounds the number of interim responses
		p.at = atStatus
	case p.noBody, p.status == 101, p.status == 204, p.status == 304:
		p.close = p.close || p.status == 101 // no request asked for another protocol
		p.at = atEnd
	case p.chunked && p.minor > 0: // HTTP/1.0 has no chunked encoding
		p.at, p.head = atChunk, 0
	case p.length > p.maxBody:
		return record.ErrTooLarge
	case p.length > 0:
		p.at, p.left = inBody, p.length
	case p.length == 0:
		p.at = atEnd
	default:
		p.at, p.close = inRest, true
	}
	return ""
}
