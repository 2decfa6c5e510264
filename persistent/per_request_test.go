package persistent_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/persistent"
)

// A diary notes what happens to a handler.
type diary []string

// open notes the steps in order; the one called failing fails.
func (d *diary) open(failing string) func(context.Context) (func(context.Context) (http.Handler, func() error, error), error) {
	step := func(name string) error {
		*d = append(*d, name)
		if name == failing {
			return errors.New("cannot " + name)
		}
		return nil
	}
	return func(context.Context) (func(context.Context) (http.Handler, func() error, error), error) {
		return func(context.Context) (http.Handler, func() error, error) {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				*d = append(*d, "answer")
				if failing == "panic" {
					panic("on purpose, in a test")
				}
				io.WriteString(w, "hello")
			}), func() error { return step("shut") }, step("connect")
		}, step("open")
	}
}

// Each request has a handler of its own, which is shut before the answer is complete; what goes wrong is told to the
// log, and to the client only if there is no answer.
func TestPerRequest(t *testing.T) {
	whole := []string{"open", "connect", "answer", "shut"}
	for failing, want := range map[string]struct {
		steps []string
		code  int
	}{
		"":        {whole, 200},
		"open":    {[]string{"open"}, 500},
		"connect": {[]string{"open", "connect"}, 500},
		"shut":    {whole, 200},
		"panic":   {whole, 0},
	} {
		t.Run(failing, func(t *testing.T) {
			var d diary
			var text bytes.Buffer
			h := &persistent.PerRequest{Open: d.open(failing), Logger: log.New(&text, "", 0)}
			for range 2 {
				d = nil
				w := httptest.NewRecorder()
				panicked := ask(h, w)
				if diff := cmp.Diff(want.steps, []string(d)); diff != "" {
					t.Errorf("steps (-want +got):\n%s", diff)
				}
				if panicked != (want.code == 0) || !panicked && w.Code != want.code {
					t.Errorf("GET /x = %d, panicked %t; want %d", w.Code, panicked, want.code)
				}
				if strings.Contains(w.Body.String(), "cannot") {
					t.Errorf("the client is told %q", w.Body)
				}
			}
			if say := "GET /x: cannot " + failing; (failing != "" && failing != "panic") != strings.Contains(text.String(), say) {
				t.Errorf("the log has %q, want %q in it if anything failed", &text, say)
			}
		})
	}
}

func ask(h http.Handler, w http.ResponseWriter) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	return false
}
