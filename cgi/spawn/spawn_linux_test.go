package spawn

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forktax/workload/contract"
)

// ways are the ways to start a program: by a vfork of our own, and by package syscall, for older systems.
var ways = map[string]func(*Program, [3]int) (int, error){
	"vfork":   (*Program).start,
	"library": (*Program).startByLibrary,
}

func shell(script string) *Program {
	return &Program{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Env: []string{"A=1", "PATH=" + os.Getenv("PATH")},
		Dir: "/usr"}
}

// started starts a program with pipes, and returns what it writes to standard output and error when it has ended.
func started(t *testing.T, way func(*Program, [3]int) (int, error), p *Program, input string) (*Process, string) {
	t.Helper()
	var own, child [3]int
	for i := range own {
		var err error
		if own[i], child[i], err = Pipe(i > 0); err != nil {
			t.Fatal(err)
		}
	}
	pid, err := way(p, child)
	if err != nil {
		t.Fatal(err)
	}
	process := &Process{}
	process.started(pid)
	in := os.NewFile(uintptr(own[0]), "in")
	io.WriteString(in, input)
	in.Close()
	var text strings.Builder
	for _, fd := range own[1:] {
		out := os.NewFile(uintptr(fd), "out")
		all, err := io.ReadAll(out)
		if err != nil {
			t.Error(err)
		}
		out.Close()
		fmt.Fprintf(&text, "[%s]", all)
	}
	process.Wait()
	return process, text.String()
}

func TestStart(t *testing.T) {
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			p, got := started(t, way, shell(`cat; echo " $A $PWD"; echo error >&2; exit 3`), "input")
			if want := "[input 1 /usr\n][error\n]"; got != want {
				t.Errorf("output = %q, want %q", got, want)
			}
			if how, killed := p.Exit(); how != "ended with status 3" || killed {
				t.Errorf("Exit() = %q, %t; want status 3", how, killed)
			}
			p, _ = started(t, way, shell(`kill -9 $$`), "")
			if how, killed := p.Exit(); how != "was killed (signal: killed)" || !killed {
				t.Errorf("Exit() = %q, %t; want killed", how, killed)
			}
			inherited, err := syscall.Dup(syscall.Stderr) // without the flag that closes it
			if err != nil {
				t.Fatal(err)
			}
			defer syscall.Close(inherited)
			closeAllOnExec() // another test may have started a child before
			if _, got = started(t, way, shell(`cd /proc/self/fd; echo *`), ""); got != "[0 1 2 3\n][]" {
				t.Errorf("open files of a child = %q, want 0 to 2, and 3, of its directory", got)
			}
			p, got = started(t, way, shell(`ps -o pgid= -p $$ | tr -d ' '; echo $$`), "")
			if group, _, _ := strings.Cut(strings.TrimPrefix(got, "["), "\n"); group != fmt.Sprint(p.PID()) {
				t.Errorf("process group and PID = %q, want the same", got)
			}
		})
	}
}

func TestStartFails(t *testing.T) {
	noDir := shell("exit 0")
	noDir.Dir = "/no/such/directory"
	nul := shell("exit \x00")
	for name, way := range ways {
		for what, test := range map[string]struct {
			program *Program
			want    error
		}{
			"no program":   {&Program{Path: "/no/such/program", Args: []string{"x"}, Dir: "/"}, fs.ErrNotExist},
			"no directory": {noDir, fs.ErrNotExist},
			"a directory":  {&Program{Path: "/usr", Args: []string{"x"}, Dir: "/"}, fs.ErrPermission},
			"a NUL":        {nul, syscall.EINVAL},
		} {
			_, child, err := Pipe(true)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := way(test.program, [3]int{-1, child, -1}); !errors.Is(err, test.want) {
				t.Errorf("%s, %s: error = %v, want %v", name, what, err, test.want)
			}
			if _, err := Read(child, nil); err != syscall.EBADF {
				t.Errorf("%s, %s: the child's end of the pipe is still open", name, what)
			}
		}
	}
	limited := shell("exit 0")
	limited.Limits = contract.ChildLimits{Memory: 1 << 30}
	if _, err := limited.startByLibrary([3]int{-1, -1, -1}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("startByLibrary with limits: error = %v, want ErrUnsupported", err)
	}
}

// Many starts at once do not mix up their files, and leave none open.
func TestStartsAtOnce(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	started(t, (*Program).start, shell("exit 0"), "") // opens what stays open
	before := open()
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for n := range 20 {
				text := fmt.Sprintf("%d.%d", i, n)
				p, got := started(t, (*Program).start, shell("cat; exit "+fmt.Sprint(i+1)), text)
				if how, _ := p.Exit(); got != "["+text+"][]" || how != fmt.Sprintf("ended with status %d", i+1) {
					t.Errorf("output = %q, it %s; want %s, status %d", got, how, text, i+1)
				}
			}
		})
	}
	all.Wait()
	if now := open(); now != before {
		t.Errorf("%d files are open, %d before", now, before)
	}
}

// Wait returns when the child has ended, not when a process that it left behind has. Descendants finds that process.
func TestLeftBehind(t *testing.T) {
	if p := new(Process); p.Reap() || p.PID() != 0 || p.Descendants("A=1") != nil {
		t.Error("a process that is not started has ended, has a PID or descendants")
	}
	p := &Process{}
	if err := p.Start(shell("sleep 60 & exit 0"), [3]int{-1, -1, -1}); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	left := p.Descendants("A=mine")
	if len(left) != 1 {
		t.Fatalf("Descendants() = %v, want one", left)
	}
	another := left[0]
	another.began++ // a later process with the same PID would have this ID
	Signal([]ID{another}, syscall.SIGKILL)
	time.Sleep(50 * time.Millisecond)
	if left = p.Descendants("A=mine"); len(left) != 1 {
		t.Fatalf("Descendants() = %v, want one: a signal to an earlier process with its PID reached it", left)
	}
	Signal(left, syscall.SIGKILL)
	for end := time.Now().Add(10 * time.Second); len(p.Descendants("A=mine")) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it cannot be killed")
		}
	}
}
