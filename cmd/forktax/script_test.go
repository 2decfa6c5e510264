package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"forktax/bench/servers"
	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
)

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", strconv.Itoa(2*runtime.NumCPU())); err != nil { // scripts wait most of the time
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"forktax": main,
		"fetch":   fetch,
	})
}

// TestScripts runs the scripts, which run the command as users do, with real workload programs that are built once.
func TestScripts(t *testing.T) { runScripts(t, "testdata") }

// runScripts runs the scripts in a directory. They have the usual programs, and more.
func runScripts(t *testing.T, dir string, more ...string) {
	t.Helper()
	programs := programtest.Build(t, append(more, "forktax-hello", "forktax-guestbook", "forktax-guestbook-postgres",
		"forktax-startup", "forktax/cmd/forktax/testdata/modelled")...)
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// Each script has its own copies of the programs, so that it finds only its own processes by path.
			own := filepath.Join(env.WorkDir, "programs")
			env.Setenv("PROGRAMS", own)
			if err := os.CopyFS(own, os.DirFS(programs)); err != nil {
				return err
			}
			env.Setenv("CHECKOUT", checkout)
			env.Values[givenServer{}] = &givenServer{}
			// A server that does not run as root, even if the test does, must be able to use the directory of the script.
			if err := os.Chmod(filepath.Dir(env.WorkDir), 0o755); err != nil {
				return err
			}
			for _, name := range []string{"HOME", "GOCACHE", "GOPATH", "GOMODCACHE", "GOFLAGS", "GOPROXY"} {
				if value, ok := os.LookupEnv(name); ok {
					env.Setenv(name, value)
				}
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status":   status,
			"measured": measured,
			"waitfor":  waitFor,
			"get":      get,
			"killall":  killAll,
			"none":     none,
			"secure":   secure,
			"postgres": postgres,
			"schemas":  schemas,
			"quota":    quota,
		},
		Condition: func(name string) (bool, error) {
			if program, ok := strings.CutPrefix(name, "has:"); ok {
				return testenv.Condition(program)
			}
			switch name {
			case "realtime":
				return testenv.Has(realTimePermitted())
			case "postgres":
				return testenv.Has(servers.PostgresInstalled())
			case "groups": // cgroups, without which some CPU time is unknown
				for _, mount := range []string{"/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
					dir, err := os.MkdirTemp(mount, "forktax-test-")
					if err != nil {
						continue
					}
					_, counts := os.Stat(filepath.Join(dir, "cpu.stat"))
					if err := os.Remove(dir); err != nil {
						return false, err
					}
					if counts == nil {
						return true, nil
					}
				}
				return false, nil
			case "quota":
				return hasQuota()
			case "cores":
				return runtime.NumCPU() > 1, nil
			case "slapd":
				return testenv.Has(servers.SlapdInstalled())
			}
			return false, fmt.Errorf("unknown condition %s", name)
		},
	})
}

// realTimePermitted returns an error if real-time priority is not permitted.
func realTimePermitted() error {
	if err := exec.Command("chrt", "-f", "1", "true").Run(); err != nil {
		return fmt.Errorf("chrt of util-linux, which tries real-time priority: %w", err)
	}
	return nil
}

// status is a script command. It runs a program and fails unless the program ends with this exit status.
func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) && fmt.Sprint(exit.ExitCode()) == args[0] {
		return
	}
	ts.Fatalf("%q ended with %v; want exit status %s", args[1:], err, args[0])
}

// measured is a script command. It runs a program that measures, and fails unless the program succeeds or finds that
// the machine is too noisy, because tests may run on a noisy machine.
func measured(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == exitUnclear) {
		ts.Fatalf("%q ended with %v; want exit status %d or %d", args, err, exitDone, exitUnclear)
	}
}

// deadline is the longest time that a script waits for an expected event.
const deadline = 20 * time.Second

// waitFor is the script command waitfor FILE TEXT. It waits until the file contains the text.
func waitFor(ts *testscript.TestScript, _ bool, args []string) {
	file, text := ts.MkAbs(args[0]), args[1]
	ts.Check(eventually(func() error {
		got, _ := os.ReadFile(file)
		if strings.Contains(string(got), text) {
			return nil
		}
		return fmt.Errorf("%s holds %q and not %q", file, got, text)
	}))
}

func eventually(check func() error) error {
	for end := time.Now().Add(deadline); ; time.Sleep(10 * time.Millisecond) {
		if err := check(); err == nil || time.Now().After(end) {
			return err
		}
	}
}

// get is the script command get FILE workload|admin PATH [USER:PASSWORD]. It requests the path from one of the URLs
// in the line "ready …" of the file, and prints the response.
func get(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	urls := strings.Fields(text)
	n := map[string]int{"workload": 1, "admin": 2}[args[1]]
	req, err := http.NewRequest(http.MethodGet, urls[n]+args[2], nil)
	ts.Check(err)
	if len(args) > 3 {
		name, password, _ := strings.Cut(args[3], ":")
		req.SetBasicAuth(name, password)
	}
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	for _, name := range []string{"Www-Authenticate", "Retry-After", "Server-Timing"} {
		for _, value := range resp.Header[name] {
			fmt.Fprintf(ts.Stdout(), "%s: %s\n", name, value)
		}
	}
	fmt.Fprintf(ts.Stdout(), "%s\n%s", resp.Status, body)
}

// fetch is a program that requests a URL and prints the body of the response.
func fetch() {
	resp, err := http.Get(os.Args[1])
	if err == nil {
		_, err = io.Copy(os.Stdout, resp.Body)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// secure is a script command. It starts an HTTPS server until the script ends, and sets SECURE to its URL.
func secure(ts *testscript.TestScript, _ bool, _ []string) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "safe") }))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	ts.Defer(s.Close)
	ts.Setenv("SECURE", s.URL)
}

// killAll is a script command. It kills the processes whose command line contains all of the words, like a failure in
// the middle of a run. It fails if there are none.
func killAll(ts *testscript.TestScript, _ bool, words []string) {
	ts.Check(eventually(func() error {
		found := processes(words)
		for _, p := range found {
			p.Kill()
		}
		if len(found) == 0 {
			return fmt.Errorf("no process has %q in its command line", words)
		}
		return nil
	}))
}

// none is a script command. It fails if a process has all of the words in its command line.
func none(ts *testscript.TestScript, _ bool, words []string) {
	ts.Check(eventually(func() error {
		if found := processes(words); len(found) > 0 {
			return fmt.Errorf("%d processes with %q in their command line are left behind", len(found), words)
		}
		return nil
	}))
}

// processes returns the other processes whose command line contains all of the words.
func processes(words []string) []*os.Process {
	files, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	var found []*os.Process
	for _, file := range files {
		line, _ := os.ReadFile(file)
		matches := len(line) > 0
		for _, word := range words {
			matches = matches && strings.Contains(string(line), word)
		}
		if !matches {
			continue
		}
		var pid int
		fmt.Sscanf(file, "/proc/%d/cmdline", &pid)
		if p, err := os.FindProcess(pid); err == nil && pid != os.Getpid() {
			found = append(found, p)
		}
	}
	return found
}
