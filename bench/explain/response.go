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

// A Response is the part of a CGI program's response that is compared between starts.
type Response struct {
	Status      int
	ContentType string
	Body        []byte

	masks subject.Masks // masks of content that is expected to differ from start to start
}

// equal reports whether both have the same status and body, masked content excepted.
func (a Response) equal(b Response) bool {
	return a.Status == b.Status && bytes.Equal(b.masks.Apply(a.Body), b.masks.Apply(b.Body))
}

// Response parses the output of the start. It returns an error if the output is not a response by RFC 3875, or if a
// signal ended the program before the response was complete.
func (s Start) Response() (Response, error) {
	a, err := parseResponse(s.Output)
	if err == nil {
		return a, nil
	}
	if cause := (subject.Failure{Path: s.path, Output: s.Output, Log: s.logLines()}).Cause(); cause != "" {
		err = errors.New(cause) // the log may show the cause better than the output
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
			return Response{}, fmt.Errorf("its header has Status: %.80q, which does not begin with a three-digit number", status)
		}
	case header.Get("Location") != "":
		a.Status = http.StatusFound
	case header.Get("Content-Type") == "":
		return Response{}, errors.New("its header has no Content-Type, Location or Status; CGI requires one of them")
	}
	a.Body, err = io.ReadAll(buffered)
	return a, err
}
