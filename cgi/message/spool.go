package message

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"forktax/workload/contract"
)

// inMemory is the largest number of bytes of a body without a length that is kept in memory; a longer body is written
// to a file.
const inMemory = 64 << 10

var (
	errTooLong = errors.New("request body too long")
	errFull    = errors.New("too many request bodies of unknown length are stored")
)

// stored is the total size of the bodies that this process stores in files.
var stored atomic.Int64

// A spoolFile is a file with the body of a request. Its size counts until it is closed.
type spoolFile struct {
	file *os.File
	size atomic.Int64
	// Largest size, and largest total of all files; no limit if it is not positive.
	longest, most int64
}

func (f *spoolFile) Write(p []byte) (int, error) {
	n := int64(len(p))
	size, total := f.size.Add(n), stored.Add(n)
	switch {
	case f.longest > 0 && size > f.longest:
		return 0, errTooLong
	case f.most > 0 && total > f.most:
		return 0, errFull
	}
	return f.file.Write(p)
}

func (f *spoolFile) Read(p []byte) (int, error) { return f.file.Read(p) }

func (f *spoolFile) Close() error {
	stored.Add(-f.size.Swap(0))
	return f.file.Close()
}

// Spool returns a copy of the request with a body of known length, which a program needs for CONTENT_LENGTH: its own body
// has none and is read to its end, within the limits. The error is a [Fault].
func Spool(r *http.Request, w http.ResponseWriter, l contract.ChildLimits) (*http.Request, error) {
	spooled, length, err := spool(r.Body, http.NewResponseController(w), l)
	if err == nil {
		own := *r
		own.Body, own.ContentLength, own.TransferEncoding = spooled, length, nil
		return &own, nil
	}
	closeAfter(w) // the rest of the body is not read
	switch {
	case errors.Is(err, errTooLong):
		return nil, &Fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("request body exceeds the limit of %d bytes", l.Body)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, &Fault{http.StatusRequestTimeout, fmt.Sprintf("the request body came too slowly: its child has %v, each "+
			"pause %v", l.Total, l.Idle)}
	case errors.Is(err, errFull):
		return nil, &Fault{http.StatusServiceUnavailable, fmt.Sprintf("%v: %d bytes, the limit", err, l.Spooled)}
	case errors.As(err, new(*os.PathError)):
		return nil, &Fault{http.StatusServiceUnavailable, fmt.Sprintf("storing the request body: %v", err)}
	}
	return nil, &Fault{http.StatusBadRequest, fmt.Sprintf("reading the request body: %v", err)}
}

func spool(from io.Reader, control *http.ResponseController, l contract.ChildLimits) (spooled io.ReadCloser, n int64,
	err error) {
	if l.Body > 0 {
		from = io.LimitReader(from, l.Body+1)
	}
	if l.Idle > 0 || l.Total > 0 {
		from = TimedReader(from, control, l.Idle, l.Total)
		defer func() {
			if err == nil { // otherwise nothing more is read
				_ = control.SetReadDeadline(time.Time{})
			}
		}()
	}
	var begin bytes.Buffer
	n, err = io.CopyN(&begin, from, inMemory)
	if err == io.EOF {
		return limitBody(io.NopCloser(&begin), n, l.Body)
	}
	if err != nil {
		return nil, 0, err
	}
	opened, err := os.CreateTemp("", "forktax-body-")
	if err != nil {
		return nil, 0, err
	}
	file := &spoolFile{file: opened, longest: l.Body, most: l.Spooled}
	err = os.Remove(opened.Name()) // the open file stays readable
	if err == nil {
		n, err = io.Copy(file, io.MultiReader(&begin, from))
	}
	if err == nil {
		_, err = opened.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return limitBody(file, n, l.Body)
}

func limitBody(b io.ReadCloser, length, most int64) (io.ReadCloser, int64, error) {
	if most > 0 && length > most {
		b.Close()
		return nil, 0, errTooLong
	}
	return b, length, nil
}
