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

	"forktax/workload"
)

// However the program is told to end, a request under way is answered first, and the exit status is 0.
func TestServeDrains(t *testing.T) {
	ways := map[string]func(*server){
		"the context ends":          func(s *server) { s.cancel() },
		"the standard input closes": func(s *server) { s.input.Close() },
	}
	outliving := sample // a resident handler may use what it was opened with to its end; a child has a life of its own
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
				finish, answered := s.begin(t)
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
					t.Fatal("serve ended before the request under way was answered")
				default:
				}
				finish()
				if got := <-answered; got != "200 OK held" {
					t.Errorf("the request under way: %s; want 200 OK held", got)
				}
				if code := s.wait(t); code != 0 {
					t.Errorf("status %d, want 0; the log:\n%s", code, s.log)
				}
			})
		}
	}
}

// begin sends a request without its body, and returns when the server reads that: the request is under way then. What
// finish sends makes the answer.
func (s *server) begin(t *testing.T) (finish func(), answered <-chan string) {
	t.Helper()
	body, send := io.Pipe()
	reading := make(chan struct{})
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{Got100Continue: func() { close(reading) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/echo", body)
	if err != nil {
		t.Fatal(err)
	}
	req.ContentLength = int64(len("held"))
	req.Header.Set("Expect", "100-continue")
	answer := make(chan string, 1)
	go func() {
		resp, err := s.client.Do(req)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		answer <- resp.Status + " " + string(text)
	}()
	select {
	case <-reading:
	case early := <-answer:
		t.Fatalf("answered before there was a body: %s; the log:\n%s", early, s.log)
	}
	return func() { io.WriteString(send, "held"); send.Close() }, answer
}

// A program ends by SIGTERM too, in the same way.
func TestProgramEndsBySignal(t *testing.T) {
	for _, model := range models(t) {
		s := startProgram(t, model)
		finish, answered := s.begin(t)
		process, err := os.FindProcess(s.pid)
		if err != nil {
			t.Fatal(err)
		}
		if err := process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		finish()
		if got := <-answered; got != "200 OK held" {
			t.Errorf("model %s: the request under way: %s; want 200 OK held", model, got)
		}
		if code := s.wait(t); code != 0 {
			t.Errorf("model %s: status %d, want 0; the log:\n%s", model, code, s.log)
		}
	}
}

// Nothing to read is no reason to end unless somebody closed it: a service has /dev/null for its standard input.
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

// What was opened is closed once, in the reverse order, after the last request; if it cannot be, the exit status tells.
func TestServeCloses(t *testing.T) {
	var events []string
	noting := func(event string, err error) func() error {
		return func() error { events = append(events, event); return err }
	}
	w := sample
	w.Setup = func(context.Context) (func() error, error) {
		return noting("let go", errors.New("the hand is stuck")), noting("hold", nil)()
	}
	w.Open = func(context.Context) (workload.Connect, error) {
		return func(context.Context) (http.Handler, func() error, error) {
			handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { noting("answer", nil)() })
			return handler, noting("close", errors.New("the door does not shut")), noting("connect", nil)()
		}, noting("open", nil)()
	}
	ctx, cancel := context.WithCancel(t.Context())
	var log logBuffer
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
	for _, say := range []string{"the door does not shut", "the hand is stuck"} {
		if !strings.Contains(log.String(), say) {
			t.Errorf("Run serve says %q, want %q in it", &log, say)
		}
	}
	if diff := cmp.Diff([]string{"hold", "open", "connect", "answer", "close", "let go"}, events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// onReady is a standard output that calls, for the ready line, itself with the URL in it, and lets serve go on.
type onReady func(url string)

func (f onReady) Write(line []byte) (int, error) {
	go f(strings.Fields(string(line))[1])
	return len(line), nil
}
