package workload_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// A probe is a request, a handler, and the response of net/http's server with that handler. The response must be the
// same under all models.
type probe struct {
	method string      // "" is GET
	rest   string      // rest of the path after the probe's own prefix, with the query
	send   http.Header // header of the request
	body   string      // body of the request
	handle http.HandlerFunc
	want   response
}

// A response is the part of a response that a client sees.
type response struct {
	Status  int
	Header  http.Header // without Date and Content-Length
	Length  int64       // Content-Length; -1 if there is none
	Chunked bool
	Body    string // abridged
}

var (
	none   = http.Header{}
	plain  = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	html   = http.Header{"Content-Type": {"text/html; charset=utf-8"}}
	octets = http.Header{"Content-Type": {"application/octet-stream"}}
	form   = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	sorry  = with(plain, "X-Content-Type-Options", "nosniff") // http.Error's
	megaby = filler(1<<20 + 1)
)

// filler returns n bytes of text.
func filler(n int) string { return strings.Repeat("forktax ", n/8+1)[:n] }

// writes returns a handler that writes a body in parts.
func writes(pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, p := range pieces {
			io.WriteString(w, p)
		}
	}
}

// complete returns a response with a Content-Length.
func complete(status int, header http.Header, body string) response {
	return response{Status: status, Header: header, Length: int64(len(body)), Body: abridged(body)}
}

// chunked returns a response whose length was unknown when its header was sent.
func chunked(header http.Header, body string) response {
	return response{Status: http.StatusOK, Header: header, Length: -1, Chunked: true, Body: abridged(body)}
}

// bodiless returns a response that is only a header.
func bodiless(status int, header http.Header, length int64) response {
	return response{Status: status, Header: header, Length: length}
}

// with returns a copy of header with another field.
func with(header http.Header, name string, values ...string) http.Header {
	header = header.Clone()
	header[name] = values
	return header
}

var probes = map[string]probe{
	// net/http's server sets the length of a body that fits into its buffer of 2048 bytes.
	"a small body":         {handle: writes("hello\n"), want: complete(200, plain, "hello\n")},
	"a body of 1500 bytes": {handle: writes(filler(1500)), want: complete(200, plain, filler(1500))},
	"a body of 2048 bytes": {handle: writes(filler(2048)), want: complete(200, plain, filler(2048))},
	"a body of 2049 bytes": {handle: writes(filler(2049)), want: chunked(plain, filler(2049))},
	"more than a megabyte": {handle: writes(megaby), want: chunked(plain, megaby)},
	"a body in small parts": {handle: writes("<!DOC", "TYPE html>", "<p>"),
		want: complete(200, html, "<!DOCTYPE html><p>")},
	"a body in large parts":   {handle: writes("a", filler(2047), "b"), want: chunked(plain, "a"+filler(2047)+"b")},
	"an empty write":          {handle: writes(""), want: complete(200, none, "")},
	"an empty, a full write":  {handle: writes("", "<html>"), want: complete(200, html, "<html>")},
	"a body that is copied":   {handle: copied, want: complete(200, plain, filler(100))},
	"no write at all":         {handle: writes(), want: complete(200, none, "")},
	"a flush between writes":  {handle: flushesBetween, want: chunked(plain, "onetwo")},
	"a flush before writing":  {handle: flushesFirst, want: chunked(none, "late")},
	"a flush and no body":     {handle: flushesOnly, want: chunked(none, "")},
	"a declared length":       {handle: declares, want: complete(200, plain, filler(5000))},
	"a range of a file":       {handle: serveContent, send: with(none, "Range", "bytes=2-5"), want: partial},
	"a HEAD":                  {method: "HEAD", handle: writes("hello\n"), want: bodiless(200, plain, 6)},
	"a HEAD, a large body":    {method: "HEAD", handle: writes(filler(5000)), want: bodiless(200, plain, -1)},
	"a HEAD, a length":        {method: "HEAD", handle: declares, want: bodiless(200, plain, 5000)},
	"a HEAD, no write":        {method: "HEAD", handle: writes(), want: bodiless(200, none, -1)},
	"bytes without a type":    {handle: writes("\x00\x01\x02"), want: complete(200, octets, "\x00\x01\x02")},
	"encoded, without a type": {handle: encodes, want: complete(200, with(none, "Content-Encoding", "gzip"), "\x1f\x8b")},
	"a type removed":          {handle: untyped, want: complete(200, none, "<html>")},

	"no content":              {handle: status(204), want: bodiless(204, none, 0)},
	"no content but a write":  {handle: writesDespite204, want: bodiless(204, none, 0)},
	"not modified":            {handle: notModified, want: bodiless(304, with(none, "Etag", `"7"`), 0)},
	"created, without a body": {method: "POST", handle: status(201), want: complete(201, none, "")},
	"not found":               {handle: http.NotFound, want: complete(404, sorry, "404 page not found\n")},
	"a redirect": {
		handle: redirects,
		want:   complete(303, with(html, "Location", "/there"), "<a href=\"/there\">See Other</a>.\n\n"),
	},
	"a redirect after a form": {
		method: "POST", send: form, body: "a=1", handle: redirects,
		want: complete(303, with(none, "Location", "/there"), ""),
	},

	"two values of a header": {
		handle: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("X-Twice", "one")
			w.Header().Add("X-Twice", "two, three")
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", Path: "/"})
			w.WriteHeader(http.StatusTeapot)
		},
		want: complete(418, with(with(none, "X-Twice", "one", "two, three"), "Set-Cookie", "a=1", "b=2; Path=/"), ""),
	},
	"a header set too late": {
		handle: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Set", "in time")
			w.WriteHeader(http.StatusAccepted)
			w.Header()["X-Set"][0] = "late"
			w.Header().Set("X-Set", "late")
			w.Header().Set("X-Late", "late")
			io.WriteString(w, "x")
			w.Header().Set("X-Later", "late")
		},
		want: complete(202, with(plain, "X-Set", "in time"), "x"),
	},
	"a second status": {
		handle: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.WriteHeader(500) },
		want:   complete(201, none, ""),
	},
	"an informational response": {
		handle: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); http.NotFound(w, r) },
		want:   complete(404, sorry, "404 page not found\n"),
	},

	"a form": {
		method: "POST", rest: "?name=query", send: form, body: "name=Ada+L.&note=%C3%A9%26",
		handle: func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%q %q %q", r.PostFormValue("name"), r.FormValue("note"), r.Form["name"])
		},
		want: complete(200, plain, `"Ada L." "é&" ["Ada L." "query"]`),
	},
	"an upload": {
		method: "POST", send: octets, body: megaby,
		handle: func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body) // before writing, as usual in HTTP/1.1
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
			w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
			w.Write(body)
		},
		want: chunked(octets, megaby),
	},
	"an unread upload": {
		method: "POST", send: octets, body: filler(5000), handle: writes("no"),
		want: complete(200, plain, "no"),
	},
	"a request in full": {
		method: "PUT", rest: "a%2Fb/c%20d/%C3%A9;p?q=1&q=%26+x&empty", body: "12345",
		send: http.Header{
			"Content-Type": {"text/x-probe"},
			"Cookie":       {`a=1; b="two"`},
			"User-Agent":   {"probe"},
			"X-Probe":      {"value, with: signs=\t%"},
		},
		handle: echoRequest,
		want: complete(200, plain, `PUT HTTP/1.1 1.1 probe.example 127.0.0.1
path   /a-request-in-full/a/b/c d/é;p
raw    /a-request-in-full/a%2Fb/c%20d/%C3%A9;p
query  map["empty":[""] "q":["1" "& x"]]
URL    /a-request-in-full/a%2Fb/c%20d/%C3%A9;p?q=1&q=%26+x&empty
URI    /a-request-in-full/a%2Fb/c%20d/%C3%A9;p?q=1&q=%26+x&empty
length 5
cookie a="1"
cookie b="two"
header Content-Length ["5"]
header Content-Type ["text/x-probe"]
header Cookie ["a=1; b=\"two\""]
header User-Agent ["probe"]
header X-Probe ["value, with: signs=\t%"]
`),
	},
}

// probePath returns the URL path of the named probe.
func probePath(name string) string {
	return "/" + strings.NewReplacer(" ", "-", ",", "").Replace(name) + "/"
}

// probeHandler serves all probes and services.
func probeHandler() http.Handler {
	mux := http.NewServeMux()
	for name, p := range probes {
		mux.HandleFunc(probePath(name), p.handle)
	}
	for path, handle := range services {
		mux.HandleFunc(path, handle)
	}
	return mux
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func copied(w http.ResponseWriter, _ *http.Request) {
	// No ReadFrom of a model may send the header before the length is known.
	io.Copy(w, strings.NewReader(filler(100)))
}

func flushesBetween(w http.ResponseWriter, _ *http.Request) {
	io.WriteString(w, "one")
	w.(http.Flusher).Flush()
	io.WriteString(w, "two")
}

func flushesFirst(w http.ResponseWriter, _ *http.Request) {
	http.NewResponseController(w).Flush()
	io.WriteString(w, "late")
}

func flushesOnly(w http.ResponseWriter, _ *http.Request) { http.NewResponseController(w).Flush() }

func declares(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "5000")
	io.WriteString(w, filler(5000))
}

func serveContent(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "file.txt", time.Time{}, strings.NewReader("0123456789"))
}

var partial = complete(206, with(with(plain, "Accept-Ranges", "bytes"), "Content-Range", "bytes 2-5/10"), "2345")

func encodes(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	io.WriteString(w, "\x1f\x8b")
}

func untyped(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = nil
	io.WriteString(w, "<html>")
}

func writesDespite204(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
	_, nothing := io.WriteString(w, "")
	_, something := io.WriteString(w, "not allowed")
	if nothing != nil || something != http.ErrBodyNotAllowed {
		panic(http.ErrAbortHandler)
	}
}

func notModified(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("ETag", `"7"`)
	w.WriteHeader(http.StatusNotModified)
}

func redirects(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/there", http.StatusSeeOther)
}

func echoRequest(w http.ResponseWriter, r *http.Request) {
	remote, _, _ := strings.Cut(r.RemoteAddr, ":")
	fmt.Fprintf(w, "%s %s %d.%d %s %s\n", r.Method, r.Proto, r.ProtoMajor, r.ProtoMinor, r.Host, remote)
	fmt.Fprintf(w, "path   %s\nraw    %s\nquery  %q\n", r.URL.Path, r.URL.EscapedPath(), r.URL.Query())
	fmt.Fprintf(w, "URL    %s\nURI    %s\nlength %d\n", r.URL, r.RequestURI, r.ContentLength)
	for _, c := range r.Cookies() {
		fmt.Fprintf(w, "cookie %s=%q\n", c.Name, c.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(w, "header %s %q\n", name, r.Header[name])
	}
}
