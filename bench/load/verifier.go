//go:build linux

package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A verifier compares responses with the expected response of the workload. Status and length are checked in every
// response, since that is cheap. Headers and body are checked in one response at a time, chosen by the engine: every
// response until one is correct, then a sample.
//
// With masks, any length is accepted, and the examined body is kept, since a match may be split over reads.
type verifier struct {
	status  int
	length  int64 // expected length of the body; -1: any
	headers []wantedHeader
	text    []byte // expected body, if the workload has it as text
	digest  []byte // expected SHA-256 of the body, if the workload has one
	masks   subject.Masks
	sample  int // one response in this many is examined, once one was correct

	hash   hash.Hash // hash of the examined body
	result []byte    // buffer for its sum
	at     int       // bytes of the examined body that have been compared
	wrong  bool      // the examined body differs from text
	masked []byte    // the examined body, if there are masks
	cut    bool      // the examined body is longer than maxMasked
}

const (
	// maxMasked is the longest body that masks are applied to, in bytes: the same limit as for recording a response.
	maxMasked = 64 << 20
	// One response in this many is examined; with masks that is more expensive.
	defaultSample = 64
	maskedSample  = 100
)

type wantedHeader struct {
	name  string // lower case
	value string
	seen  bool
}

// newVerifier returns a verifier for the expected response w.
func newVerifier(w contract.Want) (*verifier, error) {
	k := &verifier{status: w.StatusCode(), length: -1, sample: defaultSample}
	var err error
	if k.masks, err = subject.NewMasks(w.Masks); err != nil {
		return nil, fmt.Errorf("reading the expected response: %w", err)
	}
	if k.masks != nil {
		k.sample = maskedSample
	}
	if w.Body != "" {
		k.text = []byte(w.Body)
		if k.masks == nil {
			k.length = int64(len(w.Body))
		}
	}
	if w.BodySHA256 != "" {
		digest, err := hex.DecodeString(w.BodySHA256)
		if err != nil || len(digest) != sha256.Size {
			return nil, fmt.Errorf("reading the expected response: body_sha256 %q: must be %d hexadecimal digits",
				w.BodySHA256, 2*sha256.Size)
		}
		k.digest, k.hash, k.result = digest, sha256.New(), make([]byte, 0, sha256.Size)
	}
	for name, value := range w.Headers {
		k.headers = append(k.headers, wantedHeader{name: strings.ToLower(name), value: value})
	}
	slices.SortFunc(k.headers, func(a, b wantedHeader) int { return strings.Compare(a.name, b.name) })
	return k, nil
}

// begin starts the examination of another response.
func (k *verifier) begin() {
	k.at, k.wrong = 0, false
	k.masked, k.cut = k.masked[:0], false
	for i := range k.headers {
		k.headers[i].seen = false
	}
	if k.hash != nil {
		k.hash.Reset()
	}
}

// header checks a header line of the examined response. A name may occur several times; one correct value is enough.
func (k *verifier) header(name, value []byte) {
	for i := range k.headers {
		h := &k.headers[i]
		if foldEqual(name, h.name) && (string(value) == h.value ||
			k.masks != nil && string(k.masks.Apply(value)) == h.value) {
			h.seen = true
		}
	}
}

// body checks or keeps a part of the body of the examined response.
func (k *verifier) body(b []byte) {
	if k.masks != nil && (k.text != nil || k.hash != nil) {
		if k.cut = k.cut || len(k.masked)+len(b) > maxMasked; !k.cut {
			k.masked = append(k.masked, b...)
		}
		return
	}
	k.compare(b)
}

// compare compares a part of the body with the expected body at the same offset.
func (k *verifier) compare(b []byte) {
	if k.hash != nil {
		k.hash.Write(b) // never fails
	}
	if k.text == nil {
		return
	}
	end := k.at + len(b)
	k.wrong = k.wrong || end > len(k.text) || !bytes.Equal(b, k.text[k.at:end])
	k.at = end
}

// checkFast checks the status and length of a response. It returns the class of the error, or "".
func (k *verifier) checkFast(status int, length int64) (class string) {
	switch {
	case status != k.status:
		return record.ErrWrongStatus
	case k.length >= 0 && length != k.length:
		return record.ErrWrongBody
	}
	return ""
}

// checkFull checks the examined response, which is complete. It returns the class of the error, or "". The length of a
// body with the expected sum becomes the expected length of later responses.
func (k *verifier) checkFull(status int, length int64) (class string) {
	if class := k.checkFast(status, length); class != "" {
		return class
	}
	for i := range k.headers {
		if !k.headers[i].seen {
			return record.ErrWrongHeader
		}
	}
	if k.cut {
		return record.ErrTooLarge
	}
	if k.masks != nil {
		masked := k.masks.Apply(k.masked)
		k.compare(masked)
		k.wrong = k.wrong || k.text != nil && len(masked) != len(k.text)
	}
	if k.wrong {
		return record.ErrWrongBody
	}
	if k.hash != nil {
		if !bytes.Equal(k.hash.Sum(k.result), k.digest) {
			return record.ErrWrongBody
		}
		if k.masks == nil {
			k.length = length
		}
	}
	return ""
}
