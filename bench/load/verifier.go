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

// A verifier compares answers with what the workload says a right one is. Status and length cost nothing and are looked
// at in every answer; headers and body in one answer at a time, which the engine chooses: all from the first until one
// is right, then a sample.
//
// With masks, any length is right, and the body under examination is kept: what a mask matches may be split over reads.
type verifier struct {
	status  int
	length  int64 // of a right body; -1 while any will do
	headers []wantedHeader
	text    []byte // of a right body, if the workload spells it out
	digest  []byte // its SHA-256, if the workload gives that
	masks   subject.Masks
	sample  int // a response in so many is examined, once one was right

	hash   hash.Hash // of the body under examination
	result []byte    // room for its sum
	at     int       // bytes of it that were as wanted
	wrong  bool      // it has left the text
	masked []byte    // the body under examination, if there are masks
	cut    bool      // it is longer than maxMasked
}

const (
	// maxMasked is the longest body that masks are applied to, in bytes: as long as one whose response is learnt.
	maxMasked = 64 << 20
	// A response is examined in so many; one with masks costs more.
	defaultSample = 64
	maskedSample  = 100
)

type wantedHeader struct {
	name  string // in lower case
	value string
	seen  bool
}

// newVerifier makes w ready for use.
func newVerifier(w contract.Want) (*verifier, error) {
	k := &verifier{status: w.StatusCode(), length: -1, sample: defaultSample}
	var err error
	if k.masks, err = subject.NewMasks(w.Masks); err != nil {
		return nil, fmt.Errorf("reading what is wanted: %w", err)
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
			return nil, fmt.Errorf("reading the wanted body_sha256 %q: it is not %d hexadecimal digits",
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

// begin starts to examine another answer.
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

// header notes a header line of the answer under examination. A name may come several times; one right value is enough.
func (k *verifier) header(name, value []byte) {
	for i := range k.headers {
		h := &k.headers[i]
		if foldEqual(name, h.name) && (string(value) == h.value ||
			k.masks != nil && string(k.masks.Apply(value)) == h.value) {
			h.seen = true
		}
	}
}

// body notes a part of its body.
func (k *verifier) body(b []byte) {
	if k.masks != nil && (k.text != nil || k.hash != nil) {
		if k.cut = k.cut || len(k.masked)+len(b) > maxMasked; !k.cut {
			k.masked = append(k.masked, b...)
		}
		return
	}
	k.compare(b)
}

// compare compares a part of the body with the part of the wanted one that is at the same place.
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

// checkFast returns the class of what is wrong with an answer as far as its status and length tell.
func (k *verifier) checkFast(status int, length int64) (class string) {
	switch {
	case status != k.status:
		return record.ErrWrongStatus
	case k.length >= 0 && length != k.length:
		return record.ErrWrongBody
	}
	return ""
}

// checkFull returns the class of what is wrong with the answer under examination, now that it is complete. The length
// of a body with the right sum becomes the length of all that follow.
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
