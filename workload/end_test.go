package workload_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/testenv"
	"forktax/workload"
)

// When the program shuts down, for any reason, requests in progress are served first, and the exit status is 0.
func TestServeDrains(t *testing.T) {
	ways := map[string]func(*server){
		"the context ends":          func(s *server) { s.cancel() },
		"the standard input closes": func(s *server) { s.input.Close() },
	}
	outliving := sample // its handler uses the context of connect while the server shuts down
	outliving.Open = workload.ConnectOnly(func(ctx context.Context) (http.Handler, func() error, error) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err := errors.Join(err, ctx.Err()); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Write(body)
		}), func() error { return nil }, nil
	})
	for way, end := range ways {
		for _, model := range models(t) {
			t.Run(way+", "+model, func(t *testing.T) {
				s := start(t, outliving, model)
				finish, response := s.begin(t)
				end(s)
				eventually(t, "new clients are refused", func() bool {
					conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
					if err == nil {
						conn.Close()
					}
					return err != nil
				})
				select {
				case <-s.ended:
					t.Fatal("serve ended before the request in progress")
				default:
				}
				finish()
				if got := <-response; got != "200 OK held" {
					t.Errorf("request in progress: %s; want 200 OK held", got)
				}
				if code := s.wait(t); code != 0 {
					t.Errorf("exit status %d, want 0; log:\n%s", code, s.log)
				}
			})
		}
	}
}

// begin sends a request without its body, and returns when the server reads the body: the request is then in progress.
// Finish sends the body, which the response repeats.
func (s *server) begin(t *testing.T) (finish func(), response <-chan string) {
	t.Helper()
	body, send := io.Pipe()
	reading := make(chan struct{})
	trace := &httptrace.ClientTrace{Got100Continue: func() { close(reading) }}
	ctx := httptrace.WithClientTrace(context.Background(), trace)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/echo", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len("held"))
	req.Header.Set("Expect", "100-continue")
	result := make(chan string, 1)
	go func() {
		resp, err := s.client.Do(req)
		if err != nil {
			result <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		result <- resp.Status + " " + string(text)
	}()
	select {
	case <-reading:
	case early := <-result:
		t.Fatalf("response before the body was sent: %s; log:\n%s", early, s.log)
	}
	return func() { io.WriteString(send, "held"); send.Close() }, result
}

// SIGTERM shuts a program down in the same way.
func TestProgramEndsBySignal(t *testing.T) {
	for _, model := range allModels(t) {
		s := startProgram(t, model)
		finish, response := s.begin(t)
		process, err := os.FindProcess(s.pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		finish()
		if got := <-response; got != "200 OK held" {
			t.Errorf("model %s: request in progress: %s; want 200 OK held", model, got)
		}
		if code := s.wait(t); code != 0 {
			t.Errorf("model %s: exit status %d, want 0; log:\n%s", model, code, s.log)
		}
	}
}

// An empty standard input does not end the program unless it is a pipe that was closed: the standard input of a service
// is /dev/null.
func TestEmptyInputIsNoEnd(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	for name, stdin := range map[string]io.Reader{"none": nil, os.DevNull: null} {
		s := startReading(t, sample, "persistent", stdin, null)
		for range 10 {
			if got, err := s.ask("a small body"); err != nil || got.Status != http.StatusOK {
				t.Fatalf("standard input %s: %+v, %v; want 200", name, got, err)
			}
		}
		s.cancel()
		if code := s.wait(t); code != 0 {
			t.Errorf("standard input %s: status %d, want 0", name, code)
		}
	}
}

// Connections and Setup are undone once, in reverse order, after the last request. If that fails, the exit status is 1.
func TestServeCloses(t *testing.T) {
	var events []string
	noting := func(event string, err error) func() error {
		return func() error { events = append(events, event); return err }
	}
	w := sample
	w.Setup = func(context.Context) (func() error, error) {
		return noting("release", errors.New("cannot release")), noting("setup", nil)()
	}
	w.Open = func(context.Context) (workload.Connect, error) {
		return func(context.Context) (http.Handler, func() error, error) {
			handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { noting("respond", nil)() })
			return handler, noting("close", errors.New("cannot close")), noting("connect", nil)()
		}, noting("open", nil)()
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log testenv.Log
	code := workload.Run(ctx, w, []string{"serve"}, nil, onReady(func(url string) {
		resp, err := http.Get(url)
		if err != nil {
			t.Error(err)
		} else {
			resp.Body.Close()
		}
		cancel()
	}), &log)
	if code != 1 {
		t.Errorf("Run serve = %d, want 1", code)
	}
	for _, want := range []string{"cannot close", "cannot release"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("Run serve prints %q, want %q in it", &log, want)
		}
	}
	if diff := cmp.Diff([]string{"setup", "open", "connect", "respond", "close", "release"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// onReady is a standard output that calls itself with the URL of the ready line, in a goroutine.
type onReady func(url string)

func (f onReady) Write(line []byte) (int, error) {
	go f(strings.Fields(string(line))[1])
	return len(line), nil
}
