package cgi

import (
	"fmt"
	"net/http"

	"forktax/cgi/message"
)

// withBody returns r with a body of known length, which a child needs for CONTENT_LENGTH. After an error, the request is
// refused and the body must not be read.
func (h *Host) withBody(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	most := h.limits.Body
	switch {
	case most > 0 && r.ContentLength > most:
		return r, &message.Fault{Status: http.StatusRequestEntityTooLarge,
			Why: fmt.Sprintf("request body of %d bytes exceeds the limit of %d bytes", r.ContentLength, most)}
	case r.ContentLength == 0:
		return r, nil
	case r.ContentLength < 0:
		return message.Spool(r, w, h.limits)
	}
	own := *r
	own.Body = message.NewBody(r, w)
	return &own, nil
}
