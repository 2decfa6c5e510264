package explain

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"

	"forktax/bench/subject"
)

// A Response is what a CGI program printed, as far as one start must agree with another.
type Response struct {
	Status      int
	ContentType string
	Body        []byte

	masks subject.Masks // of what differs from start to start by nature
}

// equal reports whether both are the same to a client.
func (a Response) equal(b Response) bool {
	return a.Status == b.Status && bytes.Equal(b.masks.Apply(a.Body), b.masks.Apply(b.Body))
}

// Response reads what the start printed. It is an error if that is not a response by RFC 3875, or if a signal ended the
// program before it was one.
func (s Start) Response() (Response, error) {
	a, err := parseResponse(s.Output)
	if err == nil {
		return a, nil
	}
	if cause := (subject.Failure{Path: s.path, Output: s.Output, Log: s.logLines()}).Cause(); cause != "" {
		err = errors.New(cause) // which its log may say better than its output
	}
	if s.State != nil && !s.State.Success() {
		err = fmt.Errorf("%w (%s)", err, s.State)
	}
	return Response{}, fmt.Errorf("%w%s", err, s.logTail())
}

func parseResponse(output []byte) (Response, error) {
	buffered := bufio.NewReader(bytes.NewReader(output))
	header, err := textproto.NewReader(buffered).ReadMIMEHeader()
	if err != nil {
		return Response{}, errors.New(subject.Failure{Output: output}.Cause())
	}
	a := Response{Status: http.StatusOK, ContentType: header.Get("Content-Type")}
	switch status := header.Get("Status"); {
	case status != "":
		code, _, _ := strings.Cut(status, " ")
		if a.Status, err = strconv.Atoi(code); err != nil || a.Status < 100 || a.Status > 999 {
			return Response{}, fmt.Errorf("its Status: %.80q does not begin with a number of three digits", status)
		}
	case header.Get("Location") != "":
		a.Status = http.StatusFound
	case header.Get("Content-Type") == "":
		return Response{}, errors.New("its header has no Content-Type, no Location and no Status, one of which CGI asks for")
	}
	a.Body, err = io.ReadAll(buffered)
	return a, err
}
