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
	"forktax/workload/contract"
)

// A verifier compares answers with what the workload says a right one is. Status and length cost nothing and are looked
// at in every answer; headers and body in one answer at a time, which the engine chooses: all from the first until one
// is right, then a sample.
type verifier struct {
	status  int
	length  int64 // of a right body; -1 while any will do
	headers []wantedHeader
	text    []byte // of a right body, if the workload spells it out
	digest  []byte // its SHA-256, if the workload gives that

	hash   hash.Hash // of the body under examination
	result []byte    // room for its sum
	at     int       // bytes of it that were as wanted
	wrong  bool      // it has left the text
}

type wantedHeader struct {
	name  string // in lower case
	value string
	seen  bool
}

// newVerifier makes w ready for use.
func newVerifier(w contract.Want) (*verifier, error) {
	k := &verifier{status: w.StatusCode(), length: -1}
	if w.Body != "" {
		k.text, k.length = []byte(w.Body), int64(len(w.Body))
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
		if foldEqual(name, h.name) && string(value) == h.value {
			h.seen = true
		}
	}
}

// body notes a part of its body.
func (k *verifier) body(b []byte) {
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
	if k.wrong {
		return record.ErrWrongBody
	}
	if k.hash != nil {
		if !bytes.Equal(k.hash.Sum(k.result), k.digest) {
			return record.ErrWrongBody
		}
		k.length = length
	}
	return ""
}
