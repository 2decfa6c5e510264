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
)

// An Answer is what a CGI program printed, as far as one start must agree with another.
type Answer struct {
	Status int
	Body   []byte
}

// same says whether both are the same to a client.
func (a Answer) same(b Answer) bool { return a.Status == b.Status && bytes.Equal(a.Body, b.Body) }

// Answer reads what the start printed. It is an error if that is no answer by RFC 3875, or if a signal ended the
// program before it was one.
func (s Start) Answer() (Answer, error) {
	a, err := parseAnswer(s.Output)
	if err == nil {
		return a, nil
	}
	if s.State != nil && !s.State.Success() {
		err = fmt.Errorf("%w (%s)", err, s.State)
	}
	return Answer{}, fmt.Errorf("%w%s", err, s.complaint())
}

func parseAnswer(output []byte) (Answer, error) {
	if len(output) == 0 {
		return Answer{}, errors.New("it printed nothing; a CGI answer begins with a header, such as Content-Type: text/plain")
	}
	buffered := bufio.NewReader(bytes.NewReader(output))
	header, err := textproto.NewReader(buffered).ReadMIMEHeader()
	if err != nil {
		line, _, _ := bytes.Cut(output, []byte("\n"))
		return Answer{}, fmt.Errorf("it printed no CGI answer, which is a header, an empty line and a body; "+
			"its first line is %.80q", line)
	}
	a := Answer{Status: http.StatusOK}
	switch status := header.Get("Status"); {
	case status != "":
		code, _, _ := strings.Cut(status, " ")
		if a.Status, err = strconv.Atoi(code); err != nil || a.Status < 100 || a.Status > 999 {
			return Answer{}, fmt.Errorf("its Status: %.80q does not begin with a number of three digits", status)
		}
	case header.Get("Location") != "":
		a.Status = http.StatusFound
	case header.Get("Content-Type") == "":
		return Answer{}, errors.New("its header has no Content-Type, no Location and no Status, one of which CGI asks for")
	}
	a.Body, err = io.ReadAll(buffered)
	return a, err
}
