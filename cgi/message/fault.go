package message

import (
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"forktax/bench/foreign"
)

// A Fault is the reason why the response to a request is not that of its program.
type Fault struct {
	Status int // for the client, if no part of a response was sent; 0 if the client has disconnected
	Why    string
}

// Disconnected is the fault of a request whose client has disconnected.
var Disconnected = &Fault{0, "the client has disconnected"}

func (f *Fault) Error() string { return f.Why }

// FaultOf returns err as a Fault, with status 502 if it is another error.
func FaultOf(err error) *Fault {
	var f *Fault
	if !errors.As(err, &f) {
		f = &Fault{http.StatusBadGateway, err.Error()}
	}
	return f
}

// IsFailure reports whether the request has failed: it was neither refused nor given up by its client.
func (f *Fault) IsFailure() bool { return f.Status != 0 && f.Status != http.StatusServiceUnavailable }

// Respond sends the status to the client. If a part of a response was passed on, or the client has disconnected, it
// panics with [http.ErrAbortHandler], so that the client does not take the response for complete.
func (f *Fault) Respond(w http.ResponseWriter, passed bool) {
	switch {
	case f.Status == 0 || passed:
		panic(http.ErrAbortHandler)
	case f.Status == http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
		http.Error(w, f.Why, f.Status)
	default:
		http.Error(w, http.StatusText(f.Status), f.Status) // the reason is for the log
	}
}

// Log logs a text about a request as one printable line, without secrets.
func Log(logger *log.Logger, r *http.Request, text string) {
	text = foreign.Line(fmt.Sprintf("%s %s: %s", r.Method, r.URL.RequestURI(), foreign.WithoutSecrets(text)))
	logger.Printf("%s", text)
}

// CheckLength returns a fault if the request announces a body of more than most bytes; 0 or less means no limit.
func CheckLength(w http.ResponseWriter, r *http.Request, most int64) error {
	if most <= 0 || r.ContentLength <= most {
		return nil
	}
	closeAfter(w)
	return &Fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has %d bytes, more than %d", r.ContentLength,
		most)}
}

// BodyFault returns the fault for an error of reading the body of a request.
func BodyFault(w http.ResponseWriter, err error) *Fault {
	closeAfter(w)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return &Fault{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes", long.Limit)}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Fault{http.StatusRequestTimeout, "the body came too slowly"}
	}
	return &Fault{http.StatusBadRequest, "reading the body: " + err.Error()}
}

// closeAfter has the connection closed after the response, because the rest of the body is not read.
func closeAfter(w http.ResponseWriter) { w.Header().Set("Connection", "close") }
