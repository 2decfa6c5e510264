package cgi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"forktax/cgi/message"
)

// inMemory is the largest number of bytes of a body without a length that is kept in memory; a longer body is written to
// a file.
const inMemory = 64 << 10

// withBody returns r with a body of known length, which a child needs for CONTENT_LENGTH. If status is not 0, the
// request is refused with it and the body must not be read.
func (h *Host) withBody(w http.ResponseWriter, r *http.Request) (with *http.Request, status int, err error) {
	most := h.limits.Body
	if most > 0 && r.ContentLength > most {
		return r, http.StatusRequestEntityTooLarge,
			fmt.Errorf("request body of %d bytes exceeds the limit of %d bytes", r.ContentLength, most)
	}
	if r.ContentLength == 0 {
		return r, 0, nil
	}
	own := *r
	if r.ContentLength > 0 {
		own.Body = message.NewBody(r, w)
		return &own, 0, nil
	}
	spooled, length, err := h.spool(r.Body, http.NewResponseController(w))
	switch {
	case err == nil:
	case errors.Is(err, errTooLong):
		return r, http.StatusRequestEntityTooLarge, fmt.Errorf("request body exceeds the limit of %d bytes", most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return r, http.StatusRequestTimeout, fmt.Errorf("the request body came too slowly: its child has %v, each pause %v",
			h.limits.Total, h.limits.Idle)
	case errors.As(err, new(*os.PathError)):
		return r, http.StatusServiceUnavailable, fmt.Errorf("storing the request body: %w", err)
	default:
		return r, http.StatusBadRequest, fmt.Errorf("reading the request body: %w", err)
	}
	own.Body, own.ContentLength, own.TransferEncoding = spooled, length, nil
	return &own, 0, nil
}

var errTooLong = errors.New("request body too long")

// spool reads a body of unknown length to its end and returns a copy and its length in bytes.
func (h *Host) spool(from io.Reader, control *http.ResponseController) (spooled io.ReadCloser, n int64, err error) {
	most := h.limits.Body
	if most > 0 {
		from = io.LimitReader(from, most+1)
	}
	if h.limits.Idle > 0 || h.limits.Total > 0 {
		from = message.TimedReader(from, control, h.limits.Idle, h.limits.Total)
		defer func() {
			if err == nil { // otherwise nothing more is read
				_ = control.SetReadDeadline(time.Time{})
			}
		}()
	}
	var begin bytes.Buffer
	n, err = io.CopyN(&begin, from, inMemory)
	if err == io.EOF {
		return limitBody(io.NopCloser(&begin), n, most)
	}
	if err != nil {
		return nil, 0, err
	}
	file, err := os.CreateTemp("", "forktax-body-")
	if err != nil {
		return nil, 0, err
	}
	err = os.Remove(file.Name()) // the open file stays readable
	if err == nil {
		n, err = io.Copy(file, io.MultiReader(&begin, from))
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return limitBody(file, n, most)
}

func limitBody(b io.ReadCloser, length, most int64) (io.ReadCloser, int64, error) {
	if most > 0 && length > most {
		b.Close()
		return nil, 0, errTooLong
	}
	return b, length, nil
}
