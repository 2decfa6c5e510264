package plan_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// With a mix there is one cell for each workload, load and model. The cross-check has no cells, because its engine
// cannot send several requests.
func TestMix(t *testing.T) {
	o := defaults()
	o.Mix, o.ReuseLevels, o.Clients, o.Rates = true, false, []int{8}, []float64{50}
	o.Explicit["clients"] = true
	p := planned(t, o, theFloor())
	var got []string
	for _, c := range p.Cells {
		got = append(got, c.String())
	}
	want := []string{
		"hello/mix, persistent, 8 clients, epoll", "hello/mix, cgi, 8 clients, epoll",
		"hello/mix, persistent, 50/s, epoll", "hello/mix, cgi, 50/s, epoll",
		"guestbook/mix, persistent, 8 clients, epoll", "guestbook/mix, cgi, 8 clients, epoll",
		"guestbook/mix, persistent, 50/s, epoll", "guestbook/mix, cgi, 50/s, epoll",
		"floor/hello, cgi, 8 clients, epoll", "floor/hello, cgi, 50/s, epoll",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	if requests, err := p.Requests(p.Cells[4]); err != nil || len(requests) != 3 {
		t.Errorf("Requests(%s) = %+v, %v, want all three", p.Cells[4], requests, err)
	}
}

func TestInvalidMix(t *testing.T) {
	models := []string{"cgi", "persistent"}
	programs := func(requests ...string) []subject.Program {
		return []subject.Program{described("hello", models, requests...)}
	}
	negative := programs("read", "write")
	negative[0].Requests[1].Weight = -1
	for name, test := range map[string]struct {
		programs []subject.Program
		foreign  []subject.External
		change   func(o *plan.Options)
		want     string
	}{
		"of a single request": {programs("read", "write"), nil, func(o *plan.Options) { o.Selections[0].Request = "read" },
			"--workload hello/read: a mix has all requests of a workload: use hello"},
		"a request is named mix": {programs("read", "mix"), nil, nil, "--requests hello has a request named mix"},
		"a weight is negative":   {negative, nil, nil, "--requests hello/write has weight -1"},
		"with TLS": {programs("read"),
			[]subject.External{{Name: "x", URL: &url.URL{Scheme: "https", Host: "127.0.0.1"}}}, nil,
			"--target with https does not support a mix of requests"},
	} {
		t.Run(name, func(t *testing.T) {
			o := defaults()
			o.Mix, o.Selections = true, []subject.Selection{{Program: "hello"}}
			if test.change != nil {
				test.change(&o)
			}
			_, err := plan.New(o, test.programs, test.foreign, subject.Floor{})
			wrong := new(subject.OptionError)
			if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("New = %v, want %q", err, test.want)
			}
		})
	}
	o := defaults()
	o.Mix, o.Engine = true, "hey"
	const want = "--requests needs another engine than hey"
	if err := o.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("Validate = %v, want %q", err, want)
	}
}
