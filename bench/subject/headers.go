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

// framing lists the headers that describe how a message is sent. The sender sets them.
var framing = []string{
	"Connection", "Content-Length", "Expect", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// headers parses lines of the form "Name: value". It joins the values of one name.
func headers(lines []string) (map[string]string, error) {
	read := map[string]string{}
	for i, line := range lines {
		name, value, found := strings.Cut(line, ":")
		value = strings.Trim(value, " \t")
		switch {
		case !found || !isToken(name):
			begin := strings.FieldsFunc(line+" ", func(r rune) bool { return strings.ContainsRune(" =:\t", r) })
			return nil, InvalidElement("header", i, "%q: must be a name, a colon and a value, such as 'Accept: text/html'",
				slices.Concat(begin, []string{""})[0])
		case strings.ContainsAny(value, "\r\n\x00"):
			return nil, InvalidElement("header", i, "%s: the value has a line end or a NUL: remove it", name)
		}
		name = textproto.CanonicalMIMEHeaderKey(name)
		if slices.Contains(framing, name) {
			return nil, InvalidElement("header", i, "%s: the load generator sets this header: remove it", name)
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

// merged returns a copy of all, with canonical names, and with others added. It is never nil.
func merged(all, others map[string]string) map[string]string {
	both := map[string]string{}
	for name, value := range all {
		both[textproto.CanonicalMIMEHeaderKey(name)] = value
	}
	maps.Copy(both, others)
	return both
}

// isToken reports whether text is a token of RFC 9110, as header names and methods are.
func isToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
	})
}

// Redact returns the value of a header, or its hash if the header holds a secret.
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

// harmless lists the request headers whose values are written to records. Another header may hold an API key.
var harmless = []string{
	"Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Cache-Control", "Content-Language", "Content-Type",
	"Host", "If-Modified-Since", "If-None-Match", "Pragma", "Range", "Referer", "User-Agent", "X-Requested-With",
}

// Hash returns the SHA-256 of the bytes, in hexadecimal.
func Hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// RedactRequest returns the request as it may be written to records: with hashes instead of bodies and of headers that
// may hold secrets.
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

// without returns a copy of the headers without the named ones.
func without(headers http.Header, names ...string) http.Header {
	rest := headers.Clone()
	for _, name := range names {
		rest.Del(name)
	}
	return rest
}
