// Package header parses the header of a CGI response: for the host, and for explain, which says what a host would do
// with the output of a program.
package header

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// A Head is the header of a child's response (RFC 3875, section 6.3), or of the response of a program that writes the
// whole HTTP response (section 5).
type Head struct {
	Status int  // 0 if there is none
	HTTP   bool // it begins with a status line
	Fields http.Header
}

// Read reads from a child until the header of its response is complete. It returns the header, and what was read of the
// body. The buffer is used for both; it grows up to most bytes, which may be negative for no limit.
func Read(from io.Reader, buffer []byte, most int64) (head, body []byte, err error) {
	read := buffer[:0]
	for {
		if len(read) == cap(read) {
			read = append(make([]byte, 0, 2*cap(read)), read...)
		}
		n, err := from.Read(read[len(read):cap(read)])
		seen := max(len(read)-2, 0)
		read = read[:len(read)+n]
		if length := endOfHead(read, seen); length > 0 {
			if most >= 0 && int64(length) > most {
				return nil, nil, fmt.Errorf("the response header exceeds the limit of %d bytes", most)
			}
			return read[:length], read[length:], nil
		}
		if bytes.IndexByte(read[len(read)-n:], '\n') >= 0 {
			_, failed := Parse(read[:bytes.LastIndexByte(read, '\n')+1])
			if failed != nil && failed != ErrNone {
				return nil, nil, failed // no more lines can make it right
			}
		}
		switch {
		case most >= 0 && int64(len(read)) > most:
			return nil, nil, fmt.Errorf("the response header exceeds the limit of %d bytes", most)
		case err == io.EOF && len(read) == 0:
			return nil, nil, ErrNone
		case err == io.EOF:
			return read, nil, ErrPart
		case err != nil:
			return nil, nil, err
		}
	}
}

// Errors of a response without a complete header.
var (
	ErrNone = errors.New("the response has no header")
	ErrPart = errors.New("the response header does not end with an empty line")
	ErrLine = errors.New("malformed response header line")
)

// IsMissing reports whether an error of Read or Parse means that the header is missing or incomplete. Other errors are
// of invalid values.
func IsMissing(err error) bool {
	return errors.Is(err, ErrNone) || errors.Is(err, ErrPart) || errors.Is(err, ErrLine)
}

// endOfHead returns the length of the header at the beginning of text with the empty line that ends it; 0 if that is
// missing. The first seen bytes have no end of a header before their last two bytes.
func endOfHead(text []byte, seen int) int {
	for at := seen; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		line := text[:at-1]
		if len(line) > 0 && line[len(line)-1] == '\r' {
			line = line[:len(line)-1]
		}
		if len(line) == 0 || line[len(line)-1] == '\n' {
			return at
		}
	}
}

// Parse parses a header. Each line is a field; CGI has no folded lines (RFC 3875, section 6.3).
func Parse(text []byte) (h Head, err error) {
	h.Fields = make(http.Header, 8)
	first := true
	for line := range bytes.Lines(text) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			break
		}
		if first && bytes.HasPrefix(line, []byte("HTTP/")) {
			_, status, _ := strings.Cut(string(line), " ")
			h.HTTP = true
			if err := h.setStatus(status); err != nil {
				return h, err
			}
		} else if err := h.addLine(line); err != nil {
			return h, err
		}
		first = false
	}
	if first {
		return h, ErrNone
	}
	return h, nil
}

func (h *Head) addLine(line []byte) error {
	name, value, found := bytes.Cut(line, []byte(":"))
	if !found || !isToken(name) {
		return fmt.Errorf("%w: %.200s", ErrLine, line)
	}
	key, text := textproto.CanonicalMIMEHeaderKey(string(name)), string(bytes.Trim(value, " \t"))
	if !printable(text) {
		return fmt.Errorf("invalid value of response header %.200s: %.200q", key, text)
	}
	if key == "Status" {
		return h.setStatus(text)
	}
	h.Fields[key] = append(h.Fields[key], text)
	return nil
}

func (h *Head) setStatus(text string) error {
	code, _, _ := strings.Cut(text, " ")
	n, ok := parseDigits(code)
	if !ok || n < 200 || n > 599 {
		return fmt.Errorf("invalid response status %.200q", text)
	}
	h.Status = int(n)
	return nil
}

// isToken reports whether name is a valid name of a header field (RFC 9110, section 5.1).
func isToken(name []byte) bool {
	for _, c := range name {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"(),/:;<=>?@[\\]{}", c) >= 0 {
			return false
		}
	}
	return len(name) > 0
}

// hopByHop are header fields for a single connection, which a child must not set (RFC 9110, section 7.6.1).
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// Correct completes the status, and removes fields that are not for the client. It returns the path of a local
// redirect, and the Content-Length, which is negative if there is none.
func (h *Head) Correct() (local string, length int64, err error) {
	for _, name := range hopByHop {
		delete(h.Fields, name)
	}
	length = -1
	if values := h.Fields["Content-Length"]; len(values) > 0 {
		n, ok := parseDigits(values[0])
		if !ok || len(values) > 1 {
			return "", 0, fmt.Errorf("invalid Content-Length of the response: %.200s", strings.Join(values, ", "))
		}
		length = n
	}
	to := h.Fields.Get("Location")
	_, typed := h.Fields["Content-Type"]
	switch {
	case h.Status != 0:
	case to != "":
		if strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") && len(h.Fields) == 1 {
			return to, length, nil
		}
	case !typed:
		return "", 0, errors.New("the response has neither Content-Type nor Location nor Status")
	}
	if to != "" {
		h.Status = cmp.Or(h.Status, http.StatusFound)
	}
	h.Status = cmp.Or(h.Status, http.StatusOK)
	if !typed {
		h.Fields["Content-Type"] = nil // otherwise net/http would detect a type that the child has not set
	}
	return "", length, nil
}

// parseDigits parses a number of HTTP, which has no sign (RFC 9110, section 8.6). Recipients differ in reading +3.
func parseDigits(text string) (n int64, ok bool) {
	if strings.ContainsFunc(text, func(c rune) bool { return c < '0' || c > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	return n, err == nil
}

// printable reports whether value is valid in a header.
func printable(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
