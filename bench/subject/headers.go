package subject

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"

	"forktax/bench/foreign"
	"forktax/workload/contract"
)

// framing are the headers that say how a message is sent. Who sends it makes them.
var framing = []string{"Connection", "Content-Length", "Expect", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// headers reads "Name: value". Values of one name are joined.
func headers(lines []string) (map[string]string, error) {
	read := map[string]string{}
	for i, line := range lines {
		name, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		switch {
		case !found || !isToken(name):
			begin := strings.FieldsFunc(line+" ", func(r rune) bool { return strings.ContainsRune(" =:\t", r) })
			return nil, InvalidElement("header", i, "%q: a name, a colon and a value are needed, such as 'Accept: text/html'",
				slices.Concat(begin, []string{""})[0])
		case strings.ContainsAny(value, "\r\n\x00"):
			return nil, InvalidElement("header", i, "%s: its value has a line end or a NUL", name)
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains(framing, name) {
			return nil, InvalidElement("header", i, "%s: the load generator makes it", name)
		}
		if before, ok := read[name]; ok {
			separator := ", "
			if name == "Cookie" {
				separator = "; "
			}
			value = before + separator + value
		}
		read[name] = value
	}
	return read, nil
}

// merged is a copy of all with those in others, whose names are canonical. It is never nil.
func merged(all, others map[string]string) map[string]string {
	both := map[string]string{}
	for name, value := range all {
		both[textproto.CanonicalMIMEHeaderKey(name)] = value
	}
	maps.Copy(both, others)
	return both
}

// isToken reports whether text is a token of RFC 9110, as names of headers and methods are.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// Redact returns what may be written of the value of a header: of a secret, its hash.
func Redact(name, value string) string {
	if !foreign.IsSecret(name) {
		return value
	}
	return redacted(value)
}

func redacted(value string) string {
	if value == "" {
		return ""
	}
	return "sha256:" + Hash([]byte(value))
}

// harmless are the headers of requests whose values are written. Others may be keys of an interface.
var harmless = []string{"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Language",
	"Content-Type", "Host", "If-Modified-Since", "If-None-Match", "Pragma", "Range", "Referer", "User-Agent", "X-Requested-With"}

// Hash is the SHA-256 of the bytes, in hexadecimal.
func Hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// RedactRequest returns the request as it may be written: of bodies, their hash.
func RedactRequest(r contract.Request) contract.Request {
	headers := map[string]string{}
	for name, value := range r.Headers {
		if headers[name] = value; !slices.Contains(harmless, textproto.CanonicalMIMEHeaderKey(name)) {
			headers[name] = redacted(value)
		}
	}
	if r.Headers = headers; len(headers) == 0 {
		r.Headers = nil
	}
	if r.Body != "" {
		r.Body, r.BodySHA256 = "", Hash([]byte(r.Body))
	}
	if r.Want.Body != "" {
		r.Want.Body, r.Want.BodySHA256 = "", Hash([]byte(r.Want.Body))
	}
	wanted := map[string]string{}
	for name, value := range r.Want.Headers {
		wanted[name] = Redact(name, value)
	}
	if r.Want.Headers = wanted; len(wanted) == 0 {
		r.Want.Headers = nil
	}
	return r
}

// without returns a copy of the headers without those of these names.
func without(headers http.Header, names ...string) http.Header {
	rest := headers.Clone()
	for _, name := range names {
		rest.Del(name)
	}
	return rest
}
