package run_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// respond returns a handler that responds with the status, the headers ("Name: value") and the body.
func respond(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Date"] = nil // prevents the default
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// runTwoModels runs a plan with one request on two models with these handlers.
func runTwoModels(t *testing.T, request contract.Request, persistent, cgi http.HandlerFunc) error {
	t.Helper()
	p := somePlan()
	p.Workloads[0].Requests = []contract.Request{request}
	for i := range p.Cells {
		p.Cells[i].Request = request.Name
	}
	return newRunner(t, p, &fakeLauncher{handlers: map[string]http.HandlerFunc{"persistent": persistent, "cgi": cgi}},
		&fakeEngine{}).Run(t.Context())
}

func hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

func TestVerify(t *testing.T) {
	const text = "Content-Type: text/plain"
	long := strings.Repeat("a", 100)
	for name, test := range map[string]struct {
		want            contract.Want
		persistent, cgi http.HandlerFunc
		lines           []string // nil: no difference
	}{
		"equal":      {contract.Want{}, respond(200, "hi", text), respond(200, "hi", text), nil},
		"both empty": {contract.Want{Status: 204}, respond(204, ""), respond(204, ""), nil},
		"both as described": {contract.Want{Status: 201, Body: "hi", BodySHA256: hash("hi"),
			Headers: map[string]string{"content-type": "text/plain", "X-A": "1, 2"}},
			respond(201, "hi", text, "X-A: 1", "X-A: 2"),
			respond(201, "hi", text, "X-A: 1", "X-A: 2"), nil},
		"Date and Server-Timing differ": {contract.Want{},
			respond(200, "hi", text, "Date: Mon, 02 Jan 2006 15:04:05 GMT", "Server-Timing: a;dur=1"),
			respond(200, "hi", text, "Server-Timing: b;dur=2", "Server-Timing: c;dur=3"), nil},
		"different framing": {contract.Want{},
			respond(200, "hi", text), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/plain")
				io.WriteString(w, "h")
				w.(http.Flusher).Flush()
				io.WriteString(w, "i")
			}, nil},
		"masked text differs": {contract.Want{Body: "nonce , at :", Masks: []string{`[0-9a-f]{8}`}},
			respond(200, "nonce 12345678, at :", text, "X-A: 87654321"),
			respond(200, "nonce abcdef01, at :", text, "X-A: 00000000"), nil},
		"other than masked text differs": {contract.Want{Masks: []string{`[0-9a-f]{8}`}},
			respond(200, "nonce 12345678", text), respond(200, "nonze 12345678", text),
			[]string{`- body: 6 bytes, from byte 0 on: "nonce "`, `+ body: 6 bytes, from byte 0 on: "nonze "`}},
		"a secret header": {contract.Want{}, respond(200, "hi", text, "Set-Cookie: a"),
			respond(200, "hi", text, "Set-Cookie: b"),
			[]string{"- Set-Cookie: sha256:" + hash("a"), "+ Set-Cookie: sha256:" + hash("b")}},
		"both redirect": {contract.Want{Status: 302}, respond(302, "", "Location: /elsewhere"),
			respond(302, "", "Location: /elsewhere"), nil},

		"the status": {contract.Want{Status: 404}, respond(404, "hi", text), respond(403, "hi", text),
			[]string{"- status: 404", "+ status: 403"}},
		"200 is expected by default": {contract.Want{}, respond(500, "hi", text), respond(500, "hi", text),
			[]string{"- status: 200", "+ status: 500"}},
		"a header": {contract.Want{}, respond(200, "hi", text, "X-A: 1"), respond(200, "hi", text, "X-A: 2"),
			[]string{"- X-A: 1", "+ X-A: 2"}},
		"a header is missing": {contract.Want{}, respond(200, "hi", text, "X-A: 1"), respond(200, "hi", text),
			[]string{"- X-A: 1", "+ X-A: (absent)"}},
		"an extra header": {contract.Want{}, respond(200, "hi", text), respond(200, "hi", text, "X-A: "),
			[]string{"- X-A: (absent)", "+ X-A: "}},
		"the order of a header's values": {contract.Want{}, respond(200, "hi", text, "X-A: 1", "X-A: 2"),
			respond(200, "hi", text, "X-A: 2", "X-A: 1"), []string{"- X-A: 1, 2", "+ X-A: 2, 1"}},
		"the body": {contract.Want{}, respond(200, long+"hello", text), respond(200, long+"hallo", text),
			[]string{`- body: 105 bytes, from byte 61 on: "` + long[:39] + `hello"`,
				`+ body: 105 bytes, from byte 61 on: "` + long[:39] + `hallo"`}},
		"the body is longer": {contract.Want{}, respond(200, "hi", text), respond(200, "hi\n", text),
			[]string{
				`- body: 2 bytes, from byte 0 on: "hi"`, `+ body: 3 bytes, from byte 0 on: "hi\n"`}},
		"several differences, headers by name": {contract.Want{}, respond(200, "a", text, "X-B: 1", "X-A: 1"),
			respond(200, "b", text, "X-B: 2", "X-A: 2"),
			[]string{"- X-A: 1", "+ X-A: 2", "- X-B: 1", "+ X-B: 2",
				`- body: 1 bytes, from byte 0 on: "a"`, `+ body: 1 bytes, from byte 0 on: "b"`}},
		"a described header": {contract.Want{Headers: map[string]string{"Content-Type": "text/html"}},
			respond(200, "hi", text), respond(200, "hi", text),
			[]string{"- Content-Type: text/html", "+ Content-Type: text/plain"}},
		"a described header is missing": {contract.Want{Headers: map[string]string{"X-A": "1"}},
			respond(200, "hi", text), respond(200, "hi", text), []string{"- X-A: 1", "+ X-A: "}},
		"the described body": {contract.Want{Body: "ho"}, respond(200, "hi", text), respond(200, "hi", text),
			[]string{`- body: 2 bytes, from byte 0 on: "ho"`, `+ body: 2 bytes, from byte 0 on: "hi"`}},
		"the hash of the body": {contract.Want{BodySHA256: hash("ho")}, respond(200, "hi", text), respond(200, "hi", text),
			[]string{"- SHA-256 of the body: " + hash("ho"), "+ SHA-256 of the body: " + hash("hi")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			request := contract.Request{Name: "it", Method: "GET", Path: "/", Want: test.want}
			err := runTwoModels(t, request, test.persistent, test.cgi)
			var d *run.DifferenceError
			if test.lines == nil {
				if err != nil {
					t.Errorf("Run = %v, want nil", err)
				}
				return
			}
			if !errors.As(err, &d) {
				t.Fatalf("Run = %v, want a *DifferenceError", err)
			}
			if diff := cmp.Diff(test.lines, d.Lines); diff != "" {
				t.Errorf("Lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDifferenceErrorText(t *testing.T) {
	request := contract.Request{Name: "it", Method: "PUT", Path: "/x"}
	check := func(persistent, cgi http.HandlerFunc, want string) {
		t.Helper()
		err := runTwoModels(t, request, persistent, cgi)
		if err == nil || err.Error() != want {
			t.Errorf("Run = %v, want:\n%s", err, want)
		}
	}
	check(respond(200, "", "X-A: 1"), respond(200, "", "X-A: 2"),
		"hello/it: persistent (-) and cgi (+) differ on PUT /x:\n  - X-A: 1\n  + X-A: 2\n"+
			"cgi: 8 of 8 requests failed: 8 wrong header; from the first request on "+
			"(while verifying start 1 of the targets)")
	check(respond(200, ""), respond(500, ""),
		"hello/it: the description (-) and cgi (+) differ on PUT /x:\n  - status: 200\n  + status: 500\n"+
			"cgi: 8 of 8 requests failed: 8 wrong status; 500 8 times, from the first request on "+
			"(while verifying start 1 of the targets)")
	check(respond(500, ""), respond(500, ""),
		"hello/it: the description (-) and persistent (+) differ on PUT /x:\n  - status: 200\n  + status: 500\n"+
			"persistent: 8 of 8 requests failed: 8 wrong status; 500 8 times, from the first request on "+
			"(while verifying start 1 of the targets)")
}

// Responses that are sometimes wrong, from a later start on, are counted. The error has the log lines of both targets.
func TestWrongResponsesAreCounted(t *testing.T) {
	p := somePlan()
	request := p.Workloads[0].Requests[0].Name
	p.Workloads[0].Requests[0].Name = "GET /"
	for i := range p.Cells {
		if p.Cells[i].Request == request {
			p.Cells[i].Request = "GET /"
		}
	}
	p.Rounds = 3
	launcher := &fakeLauncher{handlers: map[string]http.HandlerFunc{}}
	var launches, asked atomic.Int64
	launcher.begin = func() { launches.Add(1) }
	launcher.handlers["cgi"] = func(w http.ResponseWriter, _ *http.Request) {
		if n := asked.Add(1); launches.Load() > 4 && n%2 == 1 { // at the third start of two targets
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "the pool is empty\n")
			return
		}
		io.WriteString(w, "hello\n")
	}
	err := newRunner(t, p, amended{launcher, func(target *subject.Target) {
		target.LogLines = func() []string { return []string{target.Model + " logs"} }
	}}, &fakeEngine{}).Run(t.Context())
	d := new(run.DifferenceError)
	if !errors.As(err, &d) || d.Start != 3 || d.Count.Requests != 8 {
		t.Fatalf("Run = %v, want a difference at start 3, and 8 requests", err)
	}
	for _, want := range []string{"- status: 200\n  + status: 502",
		"cgi: 4 of 8 requests failed: 4 wrong status; 502 4 times, ",
		`from the first request on, first line "the pool is empty" `,
		"(while verifying start 3 of the targets; earlier starts passed); it logged: cgi logs",
		"\npersistent logged: persistent logs"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Run = %v, want %q in it", err, want)
		}
	}
}

// For the first target, responses count as failed only if they differ from the description.
func TestWrongResponsesOfTheFirstTarget(t *testing.T) {
	var asked atomic.Int64
	err := runTwoModels(t, contract.Request{Name: "it", Method: "GET", Path: "/", Want: contract.Want{Body: "hi"}},
		func(w http.ResponseWriter, r *http.Request) {
			body := "hi"
			if n := asked.Add(1); n == 1 || n == 4 {
				body = "ho"
			}
			io.WriteString(w, body)
		}, respond(200, "hi"))
	const want = "persistent: 2 of 8 requests failed: 2 wrong body; from the first request on"
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("Run = %v, want %q in it", err, want)
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	redirect := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			elsewhere.Add(1)
		}
		http.Redirect(w, r, "/elsewhere", http.StatusSeeOther)
	}
	request := contract.Request{Name: "hello", Method: "GET", Path: "/", Want: contract.Want{Status: 303,
		Headers: map[string]string{"Location": "/elsewhere"}}}
	if err := runTwoModels(t, request, redirect, redirect); err != nil {
		t.Errorf("Run = %v, want nil", err)
	}
	if got := elsewhere.Load(); got > 0 {
		t.Errorf("%d redirects were followed", got)
	}
}

func TestRequestIsSentAsDescribed(t *testing.T) {
	type sent struct{ Method, Target, Host, Token, Encoding, Body string }
	request := contract.Request{Name: "hello", Method: "POST", Path: "/a?b=c%20d", Body: "x=1",
		Headers: map[string]string{"host": "target.example", "x-token": "t"}}
	want := sent{"POST", "/a?b=c%20d", "target.example", "t", "", "x=1"}
	var got [2]sent
	keep := func(i int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			got[i] = sent{r.Method, r.RequestURI, r.Host, r.Header.Get("X-Token"), r.Header.Get("Accept-Encoding"),
				string(body)}
		}
	}
	if err := runTwoModels(t, request, keep(0), keep(1)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([2]sent{want, want}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// A request without a response ends the run with its error, which is not a DifferenceError.
func TestTargetWithoutResponse(t *testing.T) {
	for name, silent := range map[string]http.HandlerFunc{
		"no response": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"half a response": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "5")
			w.Write([]byte("h"))
		},
	} {
		err := runTwoModels(t, contract.Request{Name: "it", Method: "PUT", Path: "/"}, respond(200, ""), silent)
		var d *run.DifferenceError
		if err == nil || errors.As(err, &d) || !strings.Contains(err.Error(), "requesting it from hello as cgi: ") ||
			!strings.Contains(err.Error(), "; 8 of 8 requests failed: 8 closed; from the first request on") {
			t.Errorf("%s: Run = %v, want the error and the number of failed requests", name, err)
		}
	}
}

// Requests of a workload that no cell visits are verified as well.
func TestEveryRequestIsVerified(t *testing.T) {
	p := somePlan()
	p.Workloads[0].Requests = append(p.Workloads[0].Requests,
		contract.Request{Name: "other", Method: "GET", Path: "/other"})
	differ := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/other" {
			w.Header().Set("X-A", r.Host) // targets have different ports
		}
		io.WriteString(w, "hello\n")
	}
	launcher := &fakeLauncher{handlers: map[string]http.HandlerFunc{"persistent": differ, "cgi": differ}}
	var d *run.DifferenceError
	if err := newRunner(t, p, launcher, &fakeEngine{}).Run(t.Context()); !errors.As(err, &d) || d.Request.Name != "other" {
		t.Errorf("Run = %v, want a *Difference on other", err)
	}
}
