//go:build linux

package load_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// Text matched by masks may differ between responses and have any length; other text may not.
func TestEpollMasks(t *testing.T) {
	padding := strings.Repeat("x", 200_000) // longer than one read
	sum := sha256.Sum256([]byte("id " + padding))
	for name, c := range map[string]struct {
		want     contract.Want
		response string // %d is the number of the request
		err      string
	}{
		"a right body":   {contract.Want{Body: "id ;"}, "id <nonce-%d>;", ""},
		"a wrong body":   {contract.Want{Body: "id ;"}, "ID <nonce-%d>;", record.ErrWrongBody},
		"less of a body": {contract.Want{Body: "id ; or more"}, "id <nonce-%d>;", record.ErrWrongBody},
		"more of a body": {contract.Want{Body: "id"}, "id <nonce-%d>;", record.ErrWrongBody},
		"a right sum":    {contract.Want{BodySHA256: hex.EncodeToString(sum[:])}, "id " + padding + "<nonce-%d>", ""},
		"a wrong sum":    {contract.Want{BodySHA256: strings.Repeat("0", 64)}, "id <nonce-%d>", record.ErrWrongBody},
		"any body":       {contract.Want{}, "<nonce-%d>", ""},
		"a wrong status": {contract.Want{Status: 201, Body: "id ;"}, "id <nonce-%d>;", record.ErrWrongStatus},
		"a right header": {contract.Want{Headers: map[string]string{"X-Id": "a;"}}, "<nonce-%d>", ""},
		"a wrong header": {contract.Want{Headers: map[string]string{"X-Id": "b;"}}, "<nonce-%d>", record.ErrWrongHeader},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
				n += 7 // numbers of one, two and three digits; no lock, since one client sends one request at a time
				w.Header().Set("X-Id", fmt.Sprintf("a<nonce-%d>;", n))
				fmt.Fprintf(w, c.response, n)
			})
			v := clients(url, 1, 20)
			v.Request.Want = c.want
			v.Request.Want.Masks = []string{`nonce-\d+`, "<>"}
			seen := run(t, &load.Epoll{Sample: 3}, v)
			if diff := cmp.Diff(map[string]int{c.err: 20}, seen.classes()); diff != "" {
				t.Errorf("classes (-want +got):\n%s", diff)
			}
		})
	}
}

// With masks, one response in 100 is compared; the status is compared in every response.
func TestEpollMasksSample(t *testing.T) {
	n := -1
	url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		switch n++; {
		case n == 0 || n > 110:
			io.WriteString(w, "right 1")
		case n == 50:
			w.WriteHeader(500)
		default:
			io.WriteString(w, "wrong 1")
		}
	})
	v := clients(url, 1, 120)
	v.Request.Want = contract.Want{Body: "right ", Masks: []string{`\d`}}
	for i, o := range run(t, new(load.Epoll), v) {
		want := ""
		switch {
		case i == 50:
			want = record.ErrWrongStatus
		case i >= 100 && i <= 110: // after a wrong response, all are compared until one is correct
			want = record.ErrWrongBody
		}
		if o.Err != want {
			t.Errorf("response %d has class %q, want %q", i, o.Err, want)
		}
	}
}

// The body that is kept for masks is bounded.
func TestEpollMasksBound(t *testing.T) {
	url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		piece := make([]byte, 1<<20)
		for range 65 {
			w.Write(piece)
		}
	})
	v := clients(url, 1, 1)
	v.Request.Want = contract.Want{Body: "x", Masks: []string{"y"}}
	if diff := cmp.Diff(map[string]int{record.ErrTooLarge: 1}, run(t, new(load.Epoll), v).classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}

func TestEpollWrongMask(t *testing.T) {
	v := clients("http://127.0.0.1:1", 1, 1)
	v.Request.Want.Masks = []string{"("}
	err := new(load.Epoll).Run(t.Context(), v, &observations{})
	if err == nil || !strings.Contains(err.Error(), `mask "("`) {
		t.Errorf("Run = %v, want an error about the mask", err)
	}
}
