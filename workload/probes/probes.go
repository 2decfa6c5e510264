// Package probes has a workload whose handlers could behave differently between execution models, and the responses
// that they must have under each. Package module below it is the same program, to be compiled to WebAssembly.
package probes

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"forktax/workload"
)

// Variables of the workload, which its children inherit.
const (
	GivenVariable  = "PROBE_GIVEN"  // without an effect
	BrokenVariable = "PROBE_BROKEN" // makes connecting fail, with its value as the error
)

// Workload serves all probes, and services for tests of something else.
var Workload = workload.Workload{
	Name:  "probes",
	About: "handlers that could behave differently between models",
	Requests: []workload.Request{
		{Name: "small", Method: http.MethodGet, Path: Path("a small body"), Want: workload.Want{Status: 200}},
	},
	Open: workload.ConnectOnly(func(context.Context) (http.Handler, func() error, error) {
		if why := os.Getenv(BrokenVariable); why != "" {
			return nil, nil, errors.New(why)
		}
		return handler(), func() error { return nil }, nil
	}),
	Env: []string{GivenVariable, BrokenVariable, "GORACE"},
}

// Burnt is how long the service /burn works, unless the system lets others work meanwhile.
const Burnt = 200 * time.Millisecond

// services are handlers other than those of the probes.
var services = map[string]http.HandlerFunc{
	"/connect": func(http.ResponseWriter, *http.Request) { workload.ConnectionOpened() },
	"/environment": func(w http.ResponseWriter, _ *http.Request) {
		for _, variable := range os.Environ() {
			fmt.Fprintln(w, variable)
		}
	},
	"/dir": func(w http.ResponseWriter, _ *http.Request) {
		dir, err := os.Getwd()
		fmt.Fprint(w, dir, err)
	},
	"/echo": func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
		w.Write(body)
	},
	"/stream": func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "begun\n")
		http.NewResponseController(w).Flush()
		if length, err := time.ParseDuration(r.URL.Query().Get("for")); err == nil {
			time.Sleep(length)
		} else {
			os.ReadFile(r.URL.Query().Get("until")) // returns when the writer of a pipe closes it
		}
		io.WriteString(w, "done\n")
	},
	"/burn": func(http.ResponseWriter, *http.Request) {
		for begin := time.Now(); time.Since(begin) < Burnt; {
		}
	},
	"/panic": func(http.ResponseWriter, *http.Request) { panic("on purpose, in a test") },
	"/panic/in-response": func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, filler(2000)) // less than the server's buffer
		panic("on purpose, in a test")
	},
}

// A Probe is a request, a handler, and the response of net/http's server with that handler. The response must be the
// same under all models.
type Probe struct {
	Method string      // "" is GET
	Rest   string      // rest of the path after the probe's own prefix, with the query
	Send   http.Header // header of the request
	Body   string      // body of the request
	Handle http.HandlerFunc
	Want   Response
}

// A Response is the part of a response that a client sees.
type Response struct {
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
func complete(status int, header http.Header, body string) Response {
	return Response{Status: status, Header: header, Length: int64(len(body)), Body: Abridged(body)}
}

// chunked returns a response whose length was unknown when its header was sent.
func chunked(header http.Header, body string) Response {
	return Response{Status: http.StatusOK, Header: header, Length: -1, Chunked: true, Body: Abridged(body)}
}

// bodiless returns a response that is only a header.
func bodiless(status int, header http.Header, length int64) Response {
	return Response{Status: status, Header: header, Length: length}
}

// with returns a copy of header with another field.
func with(header http.Header, name string, values ...string) http.Header {
	header = header.Clone()
	header[name] = values
	return header
}

// All are the probes, by name.
var All = map[string]Probe{
	// net/http's server sets the length of a body that fits into its buffer of 2048 bytes.
	"a small body":         {Handle: writes("hello\n"), Want: complete(200, plain, "hello\n")},
	"a body of 1500 bytes": {Handle: writes(filler(1500)), Want: complete(200, plain, filler(1500))},
	"a body of 2048 bytes": {Handle: writes(filler(2048)), Want: complete(200, plain, filler(2048))},
	"a body of 2049 bytes": {Handle: writes(filler(2049)), Want: chunked(plain, filler(2049))},
	"more than a megabyte": {Handle: writes(megaby), Want: chunked(plain, megaby)},
	"a body in small parts": {Handle: writes("<!DOC", "TYPE html>", "<p>"),
		Want: complete(200, html, "<!DOCTYPE html><p>")},
	"a body in large parts":   {Handle: writes("a", filler(2047), "b"), Want: chunked(plain, "a"+filler(2047)+"b")},
	"an empty write":          {Handle: writes(""), Want: complete(200, none, "")},
	"an empty, a full write":  {Handle: writes("", "<html>"), Want: complete(200, html, "<html>")},
	"a body that is copied":   {Handle: copied, Want: complete(200, plain, filler(100))},
	"no write at all":         {Handle: writes(), Want: complete(200, none, "")},
	"a flush between writes":  {Handle: flushesBetween, Want: chunked(plain, "onetwo")},
	"a flush before writing":  {Handle: flushesFirst, Want: chunked(none, "late")},
	"a flush and no body":     {Handle: flushesOnly, Want: chunked(none, "")},
	"a declared length":       {Handle: declares, Want: complete(200, plain, filler(5000))},
	"a range of a file":       {Handle: serveContent, Send: with(none, "Range", "bytes=2-5"), Want: partial},
	"a HEAD":                  {Method: "HEAD", Handle: writes("hello\n"), Want: bodiless(200, plain, 6)},
	"a HEAD, a large body":    {Method: "HEAD", Handle: writes(filler(5000)), Want: bodiless(200, plain, -1)},
	"a HEAD, a length":        {Method: "HEAD", Handle: declares, Want: bodiless(200, plain, 5000)},
	"a HEAD, no write":        {Method: "HEAD", Handle: writes(), Want: bodiless(200, none, -1)},
	"bytes without a type":    {Handle: writes("\x00\x01\x02"), Want: complete(200, octets, "\x00\x01\x02")},
	"encoded, without a type": {Handle: encodes, Want: complete(200, with(none, "Content-Encoding", "gzip"), "\x1f\x8b")},
	"a type removed":          {Handle: untyped, Want: complete(200, none, "<html>")},

	"no content":              {Handle: status(204), Want: bodiless(204, none, 0)},
	"no content but a write":  {Handle: writesDespite204, Want: bodiless(204, none, 0)},
	"not modified":            {Handle: notModified, Want: bodiless(304, with(none, "Etag", `"7"`), 0)},
	"created, without a body": {Method: "POST", Handle: status(201), Want: complete(201, none, "")},
	"not found":               {Handle: http.NotFound, Want: complete(404, sorry, "404 page not found\n")},
	"a redirect": {
		Handle: redirects,
		Want:   complete(303, with(html, "Location", "/there"), "<a href=\"/there\">See Other</a>.\n\n"),
	},
	"a redirect after a form": {
		Method: "POST", Send: form, Body: "a=1", Handle: redirects,
		Want: complete(303, with(none, "Location", "/there"), ""),
	},

	"two values of a header": {
		Handle: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Add("X-Twice", "one")
			w.Header().Add("X-Twice", "two, three")
			http.SetCookie(w, &http.Cookie{Name: "a", Value: "1"})
			http.SetCookie(w, &http.Cookie{Name: "b", Value: "2", Path: "/"})
			w.WriteHeader(http.StatusTeapot)
		},
		Want: complete(418, with(with(none, "X-Twice", "one", "two, three"), "Set-Cookie", "a=1", "b=2; Path=/"), ""),
	},
	"a header set too late": {
		Handle: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Set", "in time")
			w.WriteHeader(http.StatusAccepted)
			w.Header()["X-Set"][0] = "late"
			w.Header().Set("X-Set", "late")
			w.Header().Set("X-Late", "late")
			io.WriteString(w, "x")
			w.Header().Set("X-Later", "late")
		},
		Want: complete(202, with(plain, "X-Set", "in time"), "x"),
	},
	"a second status": {
		Handle: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); w.WriteHeader(500) },
		Want:   complete(201, none, ""),
	},
	"an informational response": {
		Handle: func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(103); http.NotFound(w, r) },
		Want:   complete(404, sorry, "404 page not found\n"),
	},

	"a form": {
		Method: "POST", Rest: "?name=query", Send: form, Body: "name=Ada+L.&note=%C3%A9%26",
		Handle: func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%q %q %q", r.PostFormValue("name"), r.FormValue("note"), r.Form["name"])
		},
		Want: complete(200, plain, `"Ada L." "é&" ["Ada L." "query"]`),
	},
	"an upload": {
		Method: "POST", Send: octets, Body: megaby,
		Handle: func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body) // before writing, as usual in HTTP/1.1
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
			}
			w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
			w.Write(body)
		},
		Want: chunked(octets, megaby),
	},
	"an unread upload": {
		Method: "POST", Send: octets, Body: filler(5000), Handle: writes("no"),
		Want: complete(200, plain, "no"),
	},
	"a request in full": {
		Method: "PUT", Rest: "a%2Fb/c%20d/%C3%A9;p?q=1&q=%26+x&empty", Body: "12345",
		Send: http.Header{
			"Content-Type": {"text/x-probe"},
			"Cookie":       {`a=1; b="two"`},
			"User-Agent":   {"probe"},
			"X-Probe":      {"value, with: signs=\t%"},
		},
		Handle: echoRequest,
		Want: complete(200, plain, `PUT HTTP/1.1 1.1 probe.example 127.0.0.1
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

// Path returns the URL path of the named probe.
func Path(name string) string {
	return "/" + strings.NewReplacer(" ", "-", ",", "").Replace(name) + "/"
}

// handler serves all probes and services.
func handler() http.Handler {
	mux := http.NewServeMux()
	for name, p := range All {
		mux.HandleFunc(Path(name), p.Handle)
	}
	for path, handle := range services {
		mux.HandleFunc(path, handle)
	}
	return mux
}

// Abridged replaces a long body by its size and hash, to keep failure texts short.
func Abridged(body string) string {
	if len(body) <= 1000 {
		return body
	}
	return fmt.Sprintf("%d bytes, SHA-256 %x", len(body), sha256.Sum256([]byte(body)))
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
