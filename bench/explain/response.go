package explain

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"

	"forktax/bench/foreign"
	"forktax/bench/subject"
	"forktax/cgi/header"
	"forktax/workload/contract"
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

// maxHeader is the largest size of a response header that hosts accept by default.
var maxHeader = contract.ChildLimits{}.WithDefaults().ResponseHeader

// parseResponse parses a response as the host of package cgi does, except that it does not know the name of the
// program: one named nph-… must begin with a status line.
func parseResponse(output []byte) (Response, error) {
	text, _, err := header.Read(bytes.NewReader(output), make([]byte, 0, 512), maxHeader)
	var head header.Head
	if err == nil {
		head, err = header.Parse(text)
	}
	if header.IsMissing(err) {
		return Response{}, errors.New(cmp.Or(subject.Failure{Output: output}.Cause(), err.Error()))
	}
	chunked := head.HTTP && strings.EqualFold(head.Fields.Get("Transfer-Encoding"), "chunked")
	local := ""
	if err == nil {
		local, _, err = head.Correct()
	}
	if err != nil {
		return Response{}, errors.New(foreign.WithoutSecrets(err.Error()))
	}
	body := output[len(text):]
	if chunked {
		if body, err = io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body))); err != nil {
			return Response{}, fmt.Errorf("its chunked body is invalid: %w", err)
		}
	}
	if local != "" {
		head.Status = http.StatusFound
	}
	return Response{Status: head.Status, ContentType: head.Fields.Get("Content-Type"), Body: body}, nil
}
