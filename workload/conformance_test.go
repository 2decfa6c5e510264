package workload_test

import (
	"bufio"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/workload/probes"
)

// Under every model, the response to every probe has the same bytes as that of net/http's server. Otherwise response
// times of models could not be compared.
func TestModelsRespondAlike(t *testing.T) {
	for _, model := range allModels(t) {
		t.Run(model, func(t *testing.T) {
			s := startAny(t, model)
			for _, name := range slices.Sorted(maps.Keys(probes.All)) {
				t.Run(name, func(t *testing.T) {
					got, err := s.ask(name)
					if err != nil {
						t.Fatalf("%v; the server's log:\n%s", err, s.log)
					}
					if diff := cmp.Diff(probes.All[name].Want, got); diff != "" {
						t.Errorf("response of model %s (-want +got):\n%s", model, diff)
					}
				})
			}
		})
	}
}

// ask sends a probe's request.
func (s *server) ask(name string) (probes.Response, error) {
	p := probes.All[name]
	req, err := http.NewRequest(p.Method, s.url+probes.Path(name)+p.Rest, strings.NewReader(p.Body))
	if err != nil {
		return probes.Response{}, err
	}
	maps.Copy(req.Header, p.Send)
	req.Host = "probe.example" // the addresses of the servers differ
	resp, err := s.client.Do(req)
	if err != nil {
		return probes.Response{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return probes.Response{}, err
	}
	resp.Header.Del("Date")
	resp.Header.Del("Server-Timing")
	resp.Header.Del("Content-Length")
	return probes.Response{
		Status:  resp.StatusCode,
		Header:  resp.Header,
		Length:  resp.ContentLength,
		Chunked: slices.Equal(resp.TransferEncoding, []string{"chunked"}),
		Body:    probes.Abridged(string(body)),
	}, nil
}

// The response of a handler that panics cannot be mistaken for a valid one, and other responses are not affected.
func TestPanic(t *testing.T) {
	for _, model := range allModels(t) {
		t.Run(model, func(t *testing.T) {
			s := startProgram(t, model) // its log receives the stack traces of children
			for _, path := range []string{"/panic", "/panic/in-response"} {
				resp, err := s.client.Get(s.url + path)
				if err == nil {
					resp.Body.Close()
				}
				if err == nil && resp.StatusCode < http.StatusInternalServerError {
					t.Errorf("GET %s = %s, want a closed connection or status 500 or 502", path, resp.Status)
				}
				if got, err := s.ask("a small body"); err != nil || got.Body != "hello\n" {
					t.Errorf("next response = %q, %v; want hello", got.Body, err)
				}
			}
		})
	}
}

// Flushed data reaches the client while the handler of a module is running. A module has no files, so it waits for a
// time.
func TestFlushOfModuleReachesClient(t *testing.T) {
	const length = 2 * time.Second
	for _, model := range moduleModels {
		s := startProgram(t, model)
		resp, err := s.client.Get(s.url + "/stream?for=" + length.String())
		if err != nil {
			t.Fatal(err)
		}
		body := bufio.NewReader(resp.Body)
		line, err := body.ReadString('\n')
		first := time.Now()
		rest, restErr := io.ReadAll(body)
		resp.Body.Close()
		if apart := time.Since(first); line != "begun\n" || string(rest) != "done\n" || apart < length/2 {
			t.Errorf("model %s: %q (%v), then after %v %q (%v)", model, line, err, apart, rest, restErr)
		}
	}
}

// Flushed data reaches the client while the handler is running.
func TestFlushReachesClient(t *testing.T) {
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := start(t, sample, model)
			fifo := filepath.Join(t.TempDir(), "until")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Skipf("creating a named pipe: %v", err)
			}
			resp, err := s.client.Get(s.url + "/stream?until=" + url.QueryEscape(fifo))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body := bufio.NewReader(resp.Body)
			if line, err := body.ReadString('\n'); line != "begun\n" {
				t.Fatalf("first line = %q, %v; want begun", line, err)
			}
			if err := os.WriteFile(fifo, nil, 0); err != nil { // opening it ends the handler's wait
				t.Fatal(err)
			}
			if rest, err := io.ReadAll(body); string(rest) != "done\n" {
				t.Errorf("the rest = %q, %v; want done", rest, err)
			}
		})
	}
}
