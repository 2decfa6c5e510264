package subject_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"forktax/bench/subject"
	"forktax/bench/testenv"
)

// pythonServer is the beginning of a server in Python. A test appends the calls of listen, and may print or fork.
const pythonServer = `
import http.server, os, signal, socket, sys, threading, time
class H(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def do_GET(self):
        if self.path == "/burn":
            end = time.process_time() + 0.1
            while time.process_time() < end: pass
        if self.path == "/memory":
            global kept
            kept = bytearray(os.urandom(1 << 20) * 30)
        if self.path == "/fail":
            print("the cellar is flooded", file=sys.stderr, flush=True)
        if self.path == "/end":
            print("the roof is gone", file=sys.stderr, flush=True)
            os._exit(5)
        body = b"hello\n"
        self.send_response(500 if self.path == "/fail" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args): pass
def listen(address, port):
    class S(http.server.ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
    s = S((address, port), H)
    threading.Thread(target=s.serve_forever).start()
    return s.server_address[1]
port = int(os.environ["PORT"])
`

// commandLauncher returns a Launcher of pythonServer followed by text.
func commandLauncher(t *testing.T, text string) *subject.Launcher {
	t.Helper()
	python := testenv.Program(t, "python3", "python3")
	file := filepath.Join(t.TempDir(), "server.py")
	if err := os.WriteFile(file, []byte(pythonServer+text), 0o600); err != nil {
		t.Fatal(err)
	}
	return shellLauncher(python + " " + file)
}

func shellLauncher(command string) *subject.Launcher {
	return &subject.Launcher{StartLimit: patience, StopLimit: patience, Exporter: os.Args[0],
		External: []subject.External{{Name: "persistent", Command: command}}}
}

func launchCommand(t *testing.T, l *subject.Launcher) *subject.Target {
	t.Helper()
	target, stop, err := l.Launch(t.Context(), "persistent", "script")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
		if left := listening(target.URL); left {
			t.Errorf("a server still listens at %s", target.URL)
		}
	})
	return target
}

func listening(url string) bool {
	resp, err := http.Get(url)
	if err == nil {
		resp.Body.Close()
	}
	return err == nil
}

func ask(t *testing.T, target *subject.Target, path string) {
	t.Helper()
	resp, err := http.Get(target.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

func TestCommandIsReached(t *testing.T) {
	tests := map[string]struct{ text, prefix string }{
		"by IPv4":              {`listen("127.0.0.1", port)`, "http://127.0.0.1:"},
		"by IPv6 only":         {`listen("::1", port)`, "http://[::1]:"},
		"on all addresses":     {`listen("0.0.0.0", port)`, "http://127.0.0.1:"},
		"on another port, too": {`listen("127.0.0.1", 0); listen("127.0.0.1", port)`, "http://127.0.0.1:"},
		"later than on another one": {`
listen("127.0.0.1", 0)
time.sleep(0.8)
listen("127.0.0.1", port)`, "http://127.0.0.1:"},
		"after its port was taken": {`
taken = sys.argv[0] + ".taken"
if not os.path.exists(taken):
    open(taken, "w").close()
    sys.exit("OSError: [Errno 98] Address already in use")
listen("127.0.0.1", port)`, "http://127.0.0.1:"},
		"busy with starting": {`
listen("127.0.0.1", 0)
end = time.monotonic() + 3
while time.monotonic() < end: pass
listen("127.0.0.1", port)`, "http://127.0.0.1:"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := launchCommand(t, commandLauncher(t, test.text))
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", target.PID))
			if !strings.Contains(string(line), "server.py") {
				t.Errorf("the first process is %d, %q (%v)", target.PID, line, err)
			}
			if !strings.HasPrefix(target.URL, test.prefix) || !listening(target.URL) {
				t.Errorf("the server's URL is %s, want %s…, and a listening server", target.URL, test.prefix)
			}
		})
	}
}

func TestCommandThatIsNotReached(t *testing.T) {
	tests := map[string]struct {
		text string
		want []string
	}{
		"another port": {`
print("I am at", listen("127.0.0.1", 0), file=sys.stderr, flush=True)`,
			[]string{"it listens on port ", ", but its port is ", ": use {port} or the variable PORT in the command",
				"last log lines:\n", "I am at "}},
		"another address": {`listen("127.0.0.2", port)`,
			[]string{"it listens on 127.0.0.2:", "not an address of the loopback interface: make it listen on 127.0.0.1"}},
		"it ends": {`print("no room", file=sys.stderr); sys.exit(3)`, []string{"it ended (exit status 3)", "no room"}},
		"a daemon": {`
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
for fd in range(3): os.dup2(os.open(os.devnull, os.O_RDWR), fd)
listen("127.0.0.1", port)`, []string{"it went to the background", "server.py", "start the server in the foreground"}},
		"a daemon that listens first": {`
import socketserver
s = http.server.HTTPServer(("127.0.0.1", port), H)
if os.fork(): time.sleep(0.2); os._exit(0)
os.setsid()
s.serve_forever()`, []string{"it went to the background", "server.py"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := commandLauncher(t, test.text)
			begin := time.Now()
			target, stop, err := l.Launch(t.Context(), "persistent", "script")
			if err == nil { // the end of the first process is noticed only after the launch
				err = fmt.Errorf("starting it, %w", <-target.Gone)
				if err := stop(); err != nil {
					t.Error(err)
				}
				target = nil
			}
			fails(t, "Launch", err, append(test.want, "starting ")...)
			if target != nil || time.Since(begin) > patience-time.Second {
				t.Errorf("Launch = %v after %v", target, time.Since(begin))
			}
			if out, err := exec.Command("pgrep", "-f", l.External[0].Command).Output(); err == nil {
				t.Errorf("processes are left: %s", out)
			}
		})
	}
}

// Usage counts the started process, living workers, and ended children.
func TestCommandUsage(t *testing.T) {
	const prefork = `
s = http.server.HTTPServer(("127.0.0.1", port), H)
pids = []
for i in range(3):
    pid = os.fork()
    if pid == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        s.serve_forever()
    pids.append(pid)
for pid in pids: os.waitpid(pid, 0)`
	const forking = `
import socketserver
class S(socketserver.ForkingMixIn, http.server.HTTPServer): pass
S(("127.0.0.1", port), H).serve_forever()`
	const daemonized = `
s = http.server.HTTPServer(("127.0.0.1", port), H)
pid = os.fork()
if pid == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    s.serve_forever()
os.waitpid(pid, 0)
while True: time.sleep(100)`
	tests := map[string]struct {
		text    string
		forks   bool  // each request has a process of its own
		shell   bool  // the command is a child of the shell
		memory  bool  // a request increases the memory of a process that stays
		minimum int64 // smallest number of processes
	}{
		"one process":                {`listen("127.0.0.1", port)`, false, false, true, 1},
		"below a shell":              {`listen("127.0.0.1", port)`, false, true, true, 1},
		"workers":                    {prefork, false, false, true, 4},
		"a process for each request": {forking, true, false, false, 1},
		"a worker that is an orphan": {daemonized, false, false, true, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := commandLauncher(t, test.text)
			if test.shell {
				l.External[0].Command = "cd / && " + l.External[0].Command + "; exit $?"
			}
			target := launchCommand(t, l)
			usage := func() (cpu time.Duration, memory, processes, ended, faults int64) {
				u, err := target.Usage(t.Context(), http.DefaultClient)
				if err != nil || u == nil || !u.Observed || u.External {
					t.Fatalf("Usage = %+v, %v", u, err)
				}
				return time.Duration(u.CPUNS()), u.PeakMemoryBytes, u.ProcessesStarted, u.EndedFaults, u.MinorFaults
			}
			cpu, memory, processes, ended, faults := usage()
			const requests, each = 3, 100 * time.Millisecond
			for range requests {
				ask(t, target, "/burn")
			}
			ask(t, target, "/memory")
			cpu2, memory2, processes2, ended2, faults2 := usage()
			const cutOff = 40 * time.Millisecond // two ticks of user time, and two of system time
			if got := cpu2 - cpu; got < requests*each-cutOff || got > 20*each {
				t.Errorf("the requests used %v, want %v or a little more", got, requests*each)
			}
			const megabyte = 1 << 20
			if got := memory2 - memory; (got > 25*megabyte) != test.memory {
				t.Errorf("memory grew by %d bytes", got)
			}
			if processes < test.minimum || processes2 != processes && !test.forks {
				t.Errorf("%d processes were started, and then %d; want %d or more, and the same", processes, processes2,
					test.minimum)
			}
			if (ended2 > ended) != test.forks || faults2-faults < 25*megabyte/int64(os.Getpagesize()) {
				t.Errorf("faults grew by %d, of ended processes by %d", faults2-faults, ended2-ended)
			}
		})
	}
}

// Usage also counts the workers of a server in Node, which accept connections in turn.
func TestNodeUsage(t *testing.T) {
	node := testenv.Program(t, "node", "nodejs")
	file := filepath.Join(t.TempDir(), "server.js")
	const server = `
const cluster = require("cluster"), http = require("http")
if (cluster.isPrimary) for (let i = 0; i < 2; i++) cluster.fork()
else http.createServer((req, res) => {
	const used = () => process.cpuUsage().user + process.cpuUsage().system, end = used() + 100000
	while (req.url == "/burn" && used() < end);
	res.end("hello\n")
}).listen(process.env.PORT, "::1")
`
	if err := os.WriteFile(file, []byte(server), 0o600); err != nil {
		t.Fatal(err)
	}
	target := launchCommand(t, shellLauncher(node+" "+file))
	before := target.UsageFunc()
	const requests, each = 4, 100 * time.Millisecond
	for range requests {
		ask(t, target, "/burn")
	}
	after := target.UsageFunc()
	if before == nil || after == nil || before.ProcessesStarted < 3 {
		t.Fatalf("the usage is %+v, and then %+v; want 3 processes or more", before, after)
	}
	if got := time.Duration(after.CPUNS() - before.CPUNS()); got < requests*each || got > 20*each {
		t.Errorf("the requests used %v, want %v or a little more", got, requests*each)
	}
}

// The log of a command is available when a request fails, and when the command ends.
func TestCommandLogs(t *testing.T) {
	target := launchCommand(t, commandLauncher(t, `listen("127.0.0.1", port)`))
	ask(t, target, "/fail")
	if got := target.Logged(true); len(got) != 1 || got[0] != "the cellar is flooded" {
		t.Errorf("Logged = %q", got)
	}
	if resp, err := http.Get(target.URL + "/end"); err == nil {
		t.Errorf("GET /end = %s", resp.Status)
	}
	select {
	case why := <-target.Gone:
		if !strings.Contains(why.Error(), "it ended (exit status 5)") || !strings.Contains(why.Error(), "the roof is gone") {
			t.Errorf("Gone yields %v", why)
		}
	case <-time.After(patience):
		t.Error("Gone yields nothing")
	}
}

// An ordinary user, who cannot make control groups, gets the same results, and no process is left.
func TestCommandAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("this is an ordinary user")
	}
	const nobody = 65534
	name := testenv.Program(t, "python3", "python3")
	if _, err := os.Stat("/usr/bin/python3"); err == nil { // another on PATH may be private to a user
		name = "/usr/bin/python3"
	}
	python, err := exec.Command(name, "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Fatal(err)
	}
	user := &syscall.Credential{Uid: nobody, Gid: nobody}
	tries := exec.Command(strings.TrimSpace(string(python)), "-c", "")
	if tries.Dir, tries.SysProcAttr = "/", &(syscall.SysProcAttr{Credential: user}); tries.Run() != nil {
		testenv.Skip(t, fmt.Errorf("other users cannot execute %s", python))
	}
	dir, err := os.MkdirTemp("", "forktax-user-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chown(dir, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", "-test.run=^(TestCommandUsage|TestCommandThatIsNotReached)$",
		"-test.v")
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "PATH="+filepath.Dir(string(python))+":"+os.Getenv("PATH"))
	cmd.Dir, cmd.SysProcAttr = "/", &syscall.SysProcAttr{Credential: user}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n--- PASS") != 2 {
		t.Errorf("as user %d: %v\n%s", nobody, err, out)
	}
}

// A server that does not stop is killed, which is not an error. That is logged once, and the next time the limit is
// shorter.
func TestCommandThatIsKilled(t *testing.T) {
	t.Parallel()
	l := commandLauncher(t, `
signal.signal(signal.SIGTERM, signal.SIG_IGN)
listen("127.0.0.1", port)`)
	var log strings.Builder
	l.Messages, l.StopLimit = &log, 5*time.Second
	for i := range 2 {
		target, stop, err := l.Launch(t.Context(), "persistent", "script")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := stop(); err != nil {
			t.Errorf("stop = %v, want nil", err)
		}
		if took := time.Since(began); (took >= l.StopLimit) != (i == 0) {
			t.Errorf("stop %d took %v, of a limit of %v", i, took, l.StopLimit)
		}
		if listening(target.URL) {
			t.Errorf("stop %d: the server still listens", i)
		}
	}
	const want = " did not stop within 5 s and was killed; next time it is killed after 0.5 s\n"
	if got := log.String(); !strings.HasPrefix(got, "warning: persistent: ") || !strings.HasSuffix(got, want) ||
		strings.Count(got, "\n") != 1 {
		t.Errorf("logged %q, want one line that ends in %q", got, want)
	}
}
