//go:build linux

package load_test

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// threeRequests is a mix with shares of 1/2, 1/3 and 1/6.
func threeRequests() []contract.Request {
	return []contract.Request{
		{Name: "read", Method: "GET", Path: "/read", Weight: 3, Want: contract.Want{Body: "GET /read "}},
		{Name: "sign", Method: "POST", Path: "/sign", Body: "name", Weight: 2,
			Want: contract.Want{Status: 201, Body: "POST /sign name"}},
		{Name: "head", Method: "HEAD", Path: "/head"}, // its weight is 1
	}
}

// echo responds with the path of the request.
func echo(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.Method == "POST" {
		w.WriteHeader(201)
	}
	fmt.Fprintf(w, "%s %s %s", r.Method, r.URL.Path, body)
}

// sequence returns the indexes of the drawn requests, in order of their intended times.
func (t observations) sequence() (requests []int) {
	inOrder := slices.Clone(t)
	slices.SortStableFunc(inOrder, func(a, b record.Observation) int { return int(a.Intended - b.Intended) })
	for _, o := range inOrder {
		requests = append(requests, o.Request)
	}
	return requests
}

// A mix sends requests according to their weights, and compares each with its own expected response. All targets get
// the same sequence.
func TestEpollMix(t *testing.T) {
	url, _ := counted(t, echo)
	for name, v := range map[string]load.Visit{
		"one client": clients(url, 1, 1200),
		"clients":    clients(url, 8, 1200),
		"a rate":     arriving(url, 4000, 300*time.Millisecond),
	} {
		t.Run(name, func(t *testing.T) {
			v.Mix = threeRequests()
			var seen [2]observations
			for i := range seen {
				seen[i] = run(t, new(load.Epoll), v)
				if diff := cmp.Diff(map[string]int{"": len(seen[i])}, seen[i].classes()); diff != "" {
					t.Errorf("classes (-want +got):\n%s", diff)
				}
			}
			n := min(len(seen[0]), len(seen[1]))
			if v.Load.Kind == plan.Open || v.Load.Concurrency == 1 { // otherwise requests finish in another order
				if diff := cmp.Diff(seen[0].sequence()[:n], seen[1].sequence()[:n]); diff != "" {
					t.Errorf("the requests of two visits (-first +second):\n%s", diff)
				}
			}
			shares := make([]float64, 3)
			for _, o := range seen[0] {
				shares[o.Request] += 1 / float64(len(seen[0]))
			}
			for i, want := range []float64{3. / 6, 2. / 6, 1. / 6} { // five standard deviations of 1,200 draws are 0.07
				if math.Abs(shares[i]-want) > 0.07 {
					t.Errorf("request %d has a share of %.3f, want %.3f", i, shares[i], want)
				}
			}
			other := v
			other.Seed++
			if n := min(n, 100); slices.Equal(run(t, new(load.Epoll), other).sequence()[:n], seen[0].sequence()[:n]) {
				t.Error("a different seed draws the same requests")
			}
		})
	}
}

// Each request of a mix is verified independently.
func TestEpollMixVerifiesEach(t *testing.T) {
	url, _ := counted(t, echo)
	v := clients(url, 2, 300)
	v.Mix = threeRequests()
	v.Mix[1].Want.Body = "POST /sign NAME"
	for i, o := range run(t, new(load.Epoll), v) {
		want := ""
		if o.Request == 1 {
			want = record.ErrWrongBody
		}
		if o.Err != want && !(o.Request == 1 && o.Err == "") { // only one response at a time is examined
			t.Errorf("response %d, to request %d, has class %q, want %q", i, o.Request, o.Err, want)
		}
	}
	v.Load.Concurrency = 1
	wrong := 0
	for _, o := range run(t, new(load.Epoll), v) {
		if (o.Request == 1) != (o.Err == record.ErrWrongBody) {
			t.Errorf("the response to request %d has class %q", o.Request, o.Err)
		}
		wrong += o.Request
	}
	if wrong == 0 {
		t.Error("request 1 was never drawn")
	}
}

func TestMixIsImpossible(t *testing.T) {
	v := clients("http://127.0.0.1:1", 1, 1)
	v.Mix = threeRequests()
	err := load.Hey{}.Run(t.Context(), v, &observations{})
	if err == nil || !strings.Contains(err.Error(), "mix of requests") {
		t.Errorf("hey: Run = %v, want an error about the mix", err)
	}
	v.Mix[2].Weight = -1
	err = new(load.Epoll).Run(t.Context(), v, &observations{})
	if err == nil || !strings.Contains(err.Error(), `request "head": weight -1`) {
		t.Errorf("epoll: Run = %v, want an error about the weight", err)
	}
}
