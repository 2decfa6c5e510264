package subject_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// admin starts an admin listener for programs that are scripts, and returns its URL.
func admin(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func healthyAdmin(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/healthz" {
		http.NotFound(w, r)
	}
}

// launcher returns a Launcher of p, with limits that end a test whose program hangs.
func launcher(t *testing.T, p subject.Program) *subject.Launcher {
	return &subject.Launcher{Programs: []subject.Program{p}, Dir: t.TempDir(), StartLimit: patience, StopLimit: patience}
}

// launch starts p as the model "one".
func launch(t *testing.T, l *subject.Launcher) (*subject.Target, func() error) {
	t.Helper()
	target, stop, err := l.Launch(t.Context(), "one", "fake")
	if err != nil {
		t.Fatalf("Launch = %v", err)
	}
	return target, stop
}

// fifo makes a named pipe. A reader waits for a writer, and reads until the last writer has closed the pipe.
func fifo(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

func readAll(t *testing.T, path string) string {
	t.Helper()
	done := make(chan string, 1)
	go func() {
		b, _ := os.ReadFile(path)
		done <- string(b)
	}()
	return within(t, "the end of "+path, done)
}

// empty checks that nothing is left in the launcher's directory.
func empty(t *testing.T, l *subject.Launcher) {
	t.Helper()
	if left, err := os.ReadDir(l.Dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left in the launcher's directory (%v)", left, err)
	}
}

// Parts of a program for serve: deaf ignores SIGTERM, and stays runs until the standard input is closed.
const (
	deaf  = "trap '' TERM\n"
	stays = "cat > /dev/null"
)

func readyLine(admin string) string { return "echo ready http://127.0.0.1:1 " + admin + "\n" }

func TestLaunchThatFails(t *testing.T) {
	sick := admin(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	forever := make(chan struct{})
	mute := admin(t, func(http.ResponseWriter, *http.Request) { <-forever })
	t.Cleanup(func() { close(forever) })
	const short = 50 * time.Millisecond
	for name, test := range map[string]struct {
		serve string
		limit time.Duration // longest time to be ready; 0 means patience
		want  []string
	}{
		"it ends": {"exit 0", 0, []string{"it ended (exit status 0) and logged nothing"}},
		"it fails": {"echo cannot >&2; echo bind >&2; exit 3", 0,
			[]string{"it ended (exit status 3); last log lines:\n  cannot\n  bind"}},
		"it is killed": {"kill -9 $$", 0, []string{"it ended (signal: killed)"}},
		"it prints something else": {"echo hello world; " + stays, 0,
			[]string{`it printed "hello world" instead of: ready <url> <admin url>`}},
		"it prints something else and ends": {"echo oops", 0, []string{`it printed "oops" instead of`}},
		"it prints too little": {"echo ready http://127.0.0.1:1; " + stays, 0,
			[]string{`it printed "ready http://127.0.0.1:1" instead of`}},
		"it prints too much": {readyLine("a b") + stays, 0,
			[]string{`"ready http://127.0.0.1:1 a b" instead of`}},
		"it prints an empty line": {"echo; " + stays, 0, []string{`it printed "" instead of`}},
		"it does not end its line": {"head -c 100000 /dev/zero | tr '\\0' x; " + stays, 0,
			[]string{`it printed "xxxxx`}},
		"it prints nothing":        {stays, short, []string{"it was not ready within 50.0 ms"}},
		"it closes its output":     {"exec >&-; " + stays, short, []string{"it was not ready within 50.0 ms"}},
		"its admin URL is invalid": {readyLine("%zz") + stays, 0, []string{": admin URL: "}},
		"no server at its admin URL": {readyLine("http://127.0.0.1:1") + stays, 0,
			[]string{"health check: ", "refused"}},
		"it dies before the health check": {readyLine("http://127.0.0.1:1") + "echo panic >&2; exit 2", 0,
			[]string{"it ended (exit status 2)", "panic"}},
		"it is not healthy":           {readyLine(sick) + stays, 0, []string{"health check: GET " + sick + "/healthz: 503"}},
		"it sends no health response": {readyLine(mute) + stays, short, []string{"it was not ready within 50.0 ms"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := serving(t, test.serve)
			l := launcher(t, p)
			if test.limit > 0 {
				l.StartLimit = test.limit
			}
			target, stop, err := l.Launch(t.Context(), "one", "fake")
			fails(t, "Launch", err, append(test.want, p.Path+" serve -model one: ")...)
			if target != nil || stop != nil || len(err.Error()) > 2000 {
				t.Errorf("Launch = %v, %t, an error of %d bytes", target, stop != nil, len(err.Error()))
			}
			empty(t, l)
		})
	}
}

func TestLaunchOfWhatThereIsNot(t *testing.T) {
	p := serving(t, stays)
	l := launcher(t, p)
	_, _, err := l.Launch(t.Context(), "three", "fake")
	fails(t, "Launch(three)", err, p.Path+` has no model "three": use one of one, two`)
	_, _, err = l.Launch(t.Context(), "one", "other")
	fails(t, "Launch(other)", err, `no program serves "other"`)
	empty(t, l)

	p.Path = script(t, "echo no disk >&2; exit 1")
	l.Programs[0] = p
	_, _, err = l.Launch(t.Context(), "one", "fake")
	fails(t, "Launch", err, "prepare: exit status 1: no disk")
	empty(t, l)

	l.Dir = filepath.Join(l.Dir, "none")
	_, _, err = l.Launch(t.Context(), "one", "fake")
	fails(t, "Launch", err, "creating a directory for data: ")
}

func TestLaunchEndsWithItsContext(t *testing.T) {
	begun := filepath.Join(t.TempDir(), "begun")
	fifo(t, begun)
	l := launcher(t, serving(t, "echo > "+begun+"; "+stays))
	ctx, cancel := context.WithCancelCause(t.Context())
	ended := make(chan error)
	go func() {
		_, _, err := l.Launch(ctx, "one", "fake")
		ended <- err
	}()
	readAll(t, begun)
	why := errors.New("enough")
	cancel(why)
	if err := within(t, "the end of Launch", ended); !errors.Is(err, why) {
		t.Errorf("Launch = %v, want %v", err, why)
	}
	empty(t, l)
}

func TestLaunchGivesTheProgramWhatItNeeds(t *testing.T) {
	url := admin(t, healthyAdmin)
	path := script(t, `case "$1" in
prepare) mkdir "$3" && echo "{\"DATA\":\"$3\",\"BOTH\":\"prepare\"}" ;;
serve)
	echo "$*" > "$DATA/args"; env > "$DATA/env"; pwd > "$DATA/pwd"
	`+deaf+readyLine(url)+stays+` ;;
esac
`)
	t.Setenv("GATEWAY_INTERFACE", "CGI/1.1")
	t.Setenv("OWN", "kept")
	about := contract.Description{Name: "fake", Models: []string{"one"}}
	l := launcher(t, subject.Program{Path: path, Description: about})
	l.Addr, l.Exporter, l.Env = "127.0.0.1:4", "/bin/forktax", map[string]string{"BOTH": "launcher", "MORE": "1"}
	target, stop := launch(t, l)
	if target.Workload != "fake" || target.Model != "one" || target.URL != "http://127.0.0.1:1" ||
		target.AdminURL != url || target.PID <= 0 || target.Gone == nil {
		t.Errorf("Launch = %+v", target)
	}
	env := map[string]string{}
	text := readAll(t, filepath.Join(glob(t, l.Dir+"/forktax-fake-one-*/data"), "env"))
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		env[name] = value
	}
	for name, want := range map[string]string{"DATA": glob(t, l.Dir+"/forktax-fake-one-*/data"), "BOTH": "launcher",
		"MORE": "1", "OWN": "kept", "FORKTAX_EXPORTER": "/bin/forktax"} {
		if env[name] != want {
			t.Errorf("%s is %q, want %q", name, env[name], want)
		}
	}
	if _, ok := env["GATEWAY_INTERFACE"]; ok {
		t.Error("GATEWAY_INTERFACE is set: the program would act as a CGI child")
	}
	args := readAll(t, filepath.Join(env["DATA"], "args"))
	if want := "serve -model one -addr 127.0.0.1:4 -admin 127.0.0.1:0\n"; args != want {
		t.Errorf("arguments %q, want %q", args, want)
	}
	if err := stop(); err != nil {
		t.Errorf("stop = %v", err)
	}
	empty(t, l)
}

func glob(t *testing.T, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s matches %q, %v, want one", pattern, found, err)
	}
	return found[0]
}

func TestStop(t *testing.T) {
	url := admin(t, healthyAdmin)
	for name, test := range map[string]struct {
		before, after string // commands before and after the line ready
		limit         time.Duration
		want          string // "": no error
	}{
		"its input is closed": {deaf, stays, patience, ""},
		"it gets SIGTERM":     {"trap 'exit 0' TERM\n", "while :; do sleep 0.01; done", patience, ""},
		"it does not drain well": {deaf, stays + "; echo three were cut off >&2; exit 5",
			patience, "it ended (exit status 5); last log lines:\n  three were cut off"},
		"it does not handle SIGTERM": {"", "exec sleep 1000",
			patience, "it ended (signal: terminated) and logged nothing"},
		"it ignores SIGTERM and its input": {deaf, "exec 0< /dev/null; exec sleep 1000",
			50 * time.Millisecond, "did not stop within 50.0 ms and was killed"},
		"it prints more, and ends":          {deaf, "echo x; echo y; " + stays, patience, ""},
		"it closed its output, and ends":    {deaf, "exec >&- 2>&-; " + stays, patience, ""},
		"its child holds neither":           {deaf, "sleep 1000 > /dev/null 2>&1 & " + stays, patience, ""},
		"its child holds its output":        {deaf, "sleep 1000 & " + stays, patience, ""},
		"its child holds only the log open": {deaf, "sleep 1000 > /dev/null & " + stays, patience, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alive := filepath.Join(t.TempDir(), "alive")
			fifo(t, alive)
			// All processes that it starts hold the pipe open until they end.
			l := launcher(t, serving(t, "exec 9> "+alive+"\n"+test.before+readyLine(url)+test.after))
			l.StopLimit = test.limit
			left := make(chan string, 1)
			go func() { // opening a pipe waits for the other end
				b, _ := os.ReadFile(alive)
				left <- string(b)
			}()
			_, stop := launch(t, l)
			err := stop()
			if test.want == "" && err != nil {
				t.Errorf("stop = %v, want nil", err)
			}
			if test.want != "" {
				fails(t, "stop", err, test.want)
			}
			within(t, "the end of its descendants", left)
			empty(t, l)
		})
	}
}

// Closing Kill kills the program and its descendants, also while the program is being stopped.
func TestStopAtOnce(t *testing.T) {
	url := admin(t, healthyAdmin)
	for name, asked := range map[string]bool{"before stop": false, "during stop": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			alive, signaled := filepath.Join(dir, "alive"), filepath.Join(dir, "signaled")
			fifo(t, alive)
			fifo(t, signaled)
			// It reports SIGTERM and goes on.
			l := launcher(t, serving(t, "exec 9> "+alive+"; trap 'echo > "+signaled+"' TERM\n"+readyLine(url)+
				"while :; do sleep 0.01; done"))
			atOnce := make(chan struct{})
			l.Kill, l.StopLimit = atOnce, 10*patience
			left := make(chan string, 1)
			go func() {
				b, _ := os.ReadFile(alive)
				left <- string(b)
			}()
			_, stop := launch(t, l)
			if !asked {
				close(atOnce)
			}
			ended := make(chan error, 1)
			go func() { ended <- stop() }()
			if asked {
				readAll(t, signaled)
				close(atOnce)
			}
			if err := within(t, "the end of stop", ended); err != nil {
				t.Errorf("stop = %v, want nil: Kill is closed", err)
			}
			within(t, "the end of its descendants", left)
			empty(t, l)
		})
	}
}

func TestGone(t *testing.T) {
	url := admin(t, healthyAdmin)
	for name, test := range map[string]struct {
		serve string
		want  []string
	}{
		"it fails": {"echo one >&2; echo panic: no coffee >&2; exit 2",
			[]string{"it ended (exit status 2); last log lines:\n  one\n  panic: no coffee"}},
		"it ends":           {"exit 0", []string{"it ended (exit status 0) and logged nothing"}},
		"it is killed":      {"kill -9 $$", []string{"it ended (signal: killed)"}},
		"its children stay": {"sleep 1000 & echo panic >&2; exit 2", []string{"it ended (exit status 2)", "panic"}},
		"its logs were long": {"seq 1 100000 >&2; exit 2", []string{"last log lines:\n",
			"\n  99998\n  99999\n  100000"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			alive := filepath.Join(t.TempDir(), "alive")
			fifo(t, alive)
			l := launcher(t, serving(t, "exec 9> "+alive+"\n"+readyLine(url)+test.serve))
			left := make(chan string, 1)
			go func() {
				b, _ := os.ReadFile(alive)
				left <- string(b)
			}()
			target, stop := launch(t, l)
			why := within(t, "a value of Gone", target.Gone)
			fails(t, "Gone", why, test.want...)
			if n := len(why.Error()); n > 6000 {
				t.Errorf("Gone yields %d bytes, want only the end of the log", n)
			}
			for line := range strings.Lines(why.Error()) { // no line is cut
				var n int
				if _, err := fmt.Sscan(line, &n); err == nil && (n < 95000 || n > 100000) {
					t.Errorf("Gone has the line %q", line)
				}
			}
			if err := stop(); err != nil {
				t.Errorf("stop = %v, want nil: Gone has already reported the end", err)
			}
			within(t, "the end of its descendants", left)
			empty(t, l)
		})
	}
}

func TestLogIsPassedOn(t *testing.T) {
	var log bytes.Buffer // written by one goroutine, which has ended when stop returns
	l := launcher(t, serving(t, deaf+"echo one >&2\n"+readyLine(admin(t, healthyAdmin))+"echo more; echo two >&2; "+stays))
	l.Log = &log
	target, stop := launch(t, l)
	if err := stop(); err != nil {
		t.Errorf("stop = %v", err)
	}
	if got, want := log.String(), "one\ntwo\n"; got != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
	select {
	case why := <-target.Gone:
		t.Errorf("Gone yields %v for a program that was stopped", why)
	default:
	}
}

func TestLaunchHello(t *testing.T) {
	p, err := subject.Describe(t.Context(), hello(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range p.Models {
		model := contract.Members(name)[0]
		if m, _ := contract.ModelNamed(model); m.Host == contract.HostWasm { // TestWorkloadsConform builds the module
			continue
		}
		t.Run(model, func(t *testing.T) {
			l := launcher(t, p)
			target, stop, err := l.Launch(t.Context(), model, "hello")
			if err != nil {
				t.Fatal(err)
			}
			if got := get(t, target.URL+p.Requests[0].Path); got != p.Requests[0].Want.Body {
				t.Errorf("its response is %q, want %q", got, p.Requests[0].Want.Body)
			}
			var usage contract.Usage
			if err := json.Unmarshal([]byte(get(t, target.AdminURL+"/usage")), &usage); err != nil || usage.CPUNS() <= 0 {
				t.Errorf("its usage is %+v, %v", usage, err)
			}
			if err := syscall.Kill(target.PID, 0); err != nil {
				t.Errorf("its process %d: %v", target.PID, err)
			}
			glob(t, l.Dir+"/forktax-hello-"+model+"-*/data")
			if err := stop(); err != nil {
				t.Errorf("stop = %v", err)
			}
			if err := syscall.Kill(target.PID, 0); !errors.Is(err, syscall.ESRCH) {
				t.Errorf("its process %d after stop: %v, want ESRCH", target.PID, err)
			}
			if resp, err := http.Get(target.URL); err == nil {
				resp.Body.Close()
				t.Error("it responds after stop")
			}
			empty(t, l)
		})
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", url, resp.Status, err)
	}
	return string(body)
}

func TestHelloIsKilled(t *testing.T) {
	p, err := subject.Describe(t.Context(), hello(t))
	if err != nil {
		t.Fatal(err)
	}
	l := launcher(t, p)
	target, stop, err := l.Launch(t.Context(), plan.Baseline, "hello")
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(target.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	fails(t, "Gone", within(t, "a value of Gone", target.Gone), "it ended (signal: killed)")
	if err := stop(); err != nil {
		t.Errorf("stop = %v", err)
	}
	empty(t, l)
}
