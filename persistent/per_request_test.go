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

// A diary records the steps of a handler.
type diary []string

// A connect is the function that PerRequest.Open returns.
type connect = func(context.Context) (http.Handler, func() error, error)

// open returns an Open function that records its steps; the step with the name failing fails.
func (d *diary) open(failing string) func(context.Context) (connect, error) {
	step := func(name string) error {
		*d = append(*d, name)
		if name == failing {
			return errors.New("cannot " + name)
		}
		return nil
	}
	return func(context.Context) (connect, error) {
		return func(context.Context) (http.Handler, func() error, error) {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				*d = append(*d, "respond")
				if failing == "panic" {
					panic("on purpose, in a test")
				}
				io.WriteString(w, "hello")
			}), func() error { return step("shut") }, step("connect")
		}, step("open")
	}
}

// Each request has its own handler, which is closed before the response is complete. Errors are logged, but not sent to
// the client.
func TestPerRequest(t *testing.T) {
	whole := []string{"open", "connect", "respond", "shut"}
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
					t.Errorf("response = %q, want no reason", w.Body)
				}
			}
			logs := failing != "" && failing != "panic"
			if line := "GET /x: cannot " + failing; logs != strings.Contains(text.String(), line) {
				t.Errorf("log = %q, want %q in it: %t", &text, line, logs)
			}
		})
	}
}

func ask(h http.Handler, w http.ResponseWriter) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/x", nil))
	return false
}
