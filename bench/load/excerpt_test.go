//go:build linux

package load_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// excerpted is a recorder that keeps excerpts.
type excerpted struct {
	observations
	excerpts map[string]string
}

func (e *excerpted) ObserveExcerpt(class string, body []byte) { e.excerpts[class] = string(body) }

// The engine passes on the beginning of the body of the first response of each failure class, and no others.
func TestEpollExcerpts(t *testing.T) {
	bad := func(w http.ResponseWriter, n int) {
		w.WriteHeader(502)
		w.(http.Flusher).Flush() // head and body in two parts
		io.WriteString(w, "Bad Gateway number "+string(rune('0'+n))+"\n"+strings.Repeat("x", 1000))
	}
	long := func(number string) string {
		text := "Bad Gateway number " + number + "\n"
		return text + strings.Repeat("x", 256-len(text))
	}
	for name, c := range map[string]struct {
		want     contract.Want
		response func(w http.ResponseWriter, n int) // responds to the n-th request
		excerpts map[string]string
	}{
		"right": {response: func(w http.ResponseWriter, n int) { io.WriteString(w, "hello") }},
		"a wrong status": {response: func(w http.ResponseWriter, n int) {
			if n > 2 {
				bad(w, n)
			}
		}, excerpts: map[string]string{record.ErrWrongStatus: long("3")}},
		"a wrong body": {want: contract.Want{Body: "hello"}, response: func(w http.ResponseWriter, n int) {
			io.WriteString(w, map[bool]string{true: "hello", false: "good bye"}[n != 4])
		}, excerpts: map[string]string{record.ErrWrongBody: "good bye"}},
		"no body": {response: func(w http.ResponseWriter, n int) { w.WriteHeader(502) }},
		"several classes": {want: contract.Want{Body: "hello"}, response: func(w http.ResponseWriter, n int) {
			if n > 2 {
				bad(w, n)
				return
			}
			io.WriteString(w, "good bye")
		}, excerpts: map[string]string{record.ErrWrongStatus: long("3"), record.ErrWrongBody: "good bye"}},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int64
			url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) { c.response(w, int(n.Add(1))) })
			v := clients(url, 1, 6)
			v.Request.Want = c.want
			seen := excerpted{excerpts: map[string]string{}}
			var e load.Epoll
			for range 2 { // excerpts of one block are not reported for the next
				n.Store(0)
				seen.excerpts = map[string]string{}
				if err := e.Run(t.Context(), v, &seen); err != nil {
					t.Fatalf("Run: %v", err)
				}
			}
			if c.excerpts == nil {
				c.excerpts = map[string]string{}
			}
			if diff := cmp.Diff(c.excerpts, seen.excerpts); diff != "" {
				t.Errorf("excerpts (-want +got):\n%s", diff)
			}
		})
	}
}

// A response that is not HTTP has an excerpt, too.
func TestEpollExcerptOfNoHTTP(t *testing.T) {
	url := serve(t, func(c *net.TCPConn, r *bufio.Reader) {
		if asked(r) {
			io.WriteString(c, "SSH-2.0-OpenSSH\r\n")
		}
	})
	seen := excerpted{excerpts: map[string]string{}}
	if err := new(load.Epoll).Run(t.Context(), clients(url, 1, 2), &seen); err != nil {
		t.Fatalf("Run: %v", err)
	}
	if diff := cmp.Diff(map[string]string{record.ErrMalformed: "SSH-2.0-OpenSSH\r\n"}, seen.excerpts); diff != "" {
		t.Errorf("excerpts (-want +got):\n%s", diff)
	}
}
