package explain_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/explain"
)

// traced reads a trace in testdata: output of strace 6.1 for the traced system calls of programs in /srv/cgi.
func traced(t *testing.T, name, stdout string) []string {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := explain.Traced(f, "/srv/cgi", stdout)
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// The script prints a header, runs $(uname -s), then (echo sub; true) | cat, and ends with exec env cat.
func TestTraceOfShell(t *testing.T) {
	libraries := func(late string) []string {
		return []string{
			"  /etc/ld.so.preload opened=0 read=0 mapped=false looked=0 missed=1 late=" + late,
			"  /etc/ld.so.cache opened=1 read=0 mapped=false looked=0 missed=0 late=" + late,
			"  /lib/x86_64-linux-gnu/libc.so.6 opened=1 read=2400 mapped=true looked=0 missed=0 late=" + late, // 832 + 2·784
		}
	}
	want := slices.Concat(
		[]string{"image /srv/cgi/page.sh root forks=1"}, libraries("false"), []string{
			"  /srv/cgi opened=0 read=0 mapped=false looked=1 missed=0 late=false",
			"  /srv/cgi/page.sh opened=1 read=112 mapped=false looked=0 missed=0 late=false", // by a copy of its descriptor
			"  /usr/bin/uname opened=0 read=0 mapped=false looked=1 missed=0 late=true",
			"  /usr/bin/cat opened=0 read=0 mapped=false looked=1 missed=0 late=true",
		},
		[]string{"image /usr/bin/uname late"}, libraries("true"),
		[]string{"image /usr/bin/cat late"}, libraries("true"),
		[]string{"image /usr/bin/env root late"}, libraries("true"),
		[]string{"image /usr/bin/cat root late"}, libraries("true"),
		[]string{"  /dev/null opened=1 read=0 mapped=false looked=0 missed=0 late=true"},
	)
	if diff := cmp.Diff(want, traced(t, "shell.strace", "pipe:[4742306]")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// The output of uname goes to a pipe of the shell, and is not part of the response.
func TestTraceKnowsTheAnswer(t *testing.T) {
	late := func(stdout string) (n int) {
		for _, line := range traced(t, "shell.strace", stdout) {
			if strings.HasPrefix(line, "image ") && strings.HasSuffix(line, " late") {
				n++
			}
		}
		return n
	}
	for stdout, want := range map[string]int{"pipe:[4742306]": 4, "pipe:[4742307]": 3, "pipe:[1]": 0, "": 0} {
		if got := late(stdout); got != want {
			t.Errorf("with stdout %q, %d programs were executed after the first byte, want %d", stdout, got, want)
		}
	}
}

// A Go program's threads are one process. It opens the files of its runtime.
func TestTraceOfThreads(t *testing.T) {
	want := []string{
		"image /srv/cgi/hello root threads=3",
		"  /sys/kernel/mm/transparent_hugepage/hpage_pmd_size opened=1 read=8 mapped=false looked=0 missed=0 late=false",
		"  /proc/self/cgroup opened=1 read=151 mapped=false looked=0 missed=0 late=false",
		"  /proc/self/mountinfo opened=1 read=1486 mapped=false looked=0 missed=0 late=false",
		"  /sys/fs/cgroup/cpu/cpu.cfs_quota_us opened=1 read=6 mapped=false looked=0 missed=0 late=false",
		"  /sys/fs/cgroup/cpu/cpu.cfs_period_us opened=1 read=0 mapped=false looked=0 missed=0 late=false",
	}
	if diff := cmp.Diff(want, traced(t, "go.strace", "")); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// The input is the end of the trace of a Python script. It connects, opens a file whose name needs escapes, and
// executes a program from a thread.
func TestTraceOfConnections(t *testing.T) {
	got := slices.DeleteFunc(traced(t, "connect.strace", "pipe:[4742328]"), func(line string) bool {
		return strings.Contains(line, "python3.11")
	})
	want := []string{
		"image /srv/cgi/connect.py root threads=1",
		"  /srv/cgi/none opened=0 read=0 mapped=false looked=0 missed=1 late=true",
		"  /srv/cgi/ä = 3 opened=1 read=0 mapped=false looked=0 missed=0 late=true",
		"  tcp 127.0.0.1:18998 late=true",
		"  tcp [::1]:18997 late=true",
		"  tcp 127.0.0.1:18998 late=true",
		`  unix /srv/cgi/a "b" <c> é late=true`,
		"image /bin/true root late",
		"  /etc/ld.so.preload opened=0 read=0 mapped=false looked=0 missed=1 late=true",
		"  /etc/ld.so.cache opened=1 read=0 mapped=false looked=0 missed=0 late=true",
		"  /lib/x86_64-linux-gnu/libc.so.6 opened=1 read=2400 mapped=true looked=0 missed=0 late=true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("trace (-want +got):\n%s", diff)
	}
}

// TestTraceOfLines parses formats of lines that are not in testdata.
func TestTraceOfLines(t *testing.T) {
	const begin = `7 execve("/p", [...], 0x7ff /* 1 var */) = 0` + "\n"
	check := func(text string, want ...string) {
		t.Helper()
		got, err := explain.Traced(strings.NewReader(begin+text), "/d", "pipe:[1]")
		if err != nil {
			t.Errorf("Traced(%q) = %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Traced(%q) (-want +got):\n%s", text, diff)
		}
	}
	check("", "image /p root")
	check(`7 open("a", O_RDONLY) = 3</d/a>`, "image /p root",
		"  /d/a opened=1 read=0 mapped=false looked=0 missed=0 late=false")
	check(`7 openat(4</e>, "a", O_RDONLY) = 3</e/a>`, "image /p root",
		"  /e/a opened=1 read=0 mapped=false looked=0 missed=0 late=false")
	check(`7 openat(AT_FDCWD</d>, "/root/a", O_RDONLY) = -1 EACCES (Permission denied)`, "image /p root")
	check(`7 execve("/bin/no", [...], 0x1) = -1 ENOENT (No such file or directory)`, "image /p root",
		"  /bin/no opened=0 read=0 mapped=false looked=0 missed=1 late=false")
	// A child runs before the parent's vfork has returned, and is created by a thread.
	check(`7 clone(flags=CLONE_THREAD) = 8
8 vfork( <unfinished ...>
9 execve("/q", [...], 0x1) = 0
8 <... vfork resumed>)              = 9
9 +++ exited with 0 +++
7 --- SIGCHLD {si_signo=SIGCHLD} ---
7 exit_group(0)                     = ?`, "image /p root threads=1", "image /q")
	// Go's library tests a kernel feature with a child that sends no signal.
	check(`7 clone(child_stack=NULL, flags=CLONE_VM|CLONE_PIDFD|CLONE_VFORK <unfinished ...>
8 exit_group(0) = ?
7 <... clone resumed>, parent_tid=[12<anon_inode:[pidfd]>]) = 8
7 clone(child_stack=NULL, flags=CLONE_VM|CLONE_PIDFD|CLONE_VFORK|SIGCHLD <unfinished ...>
9 execve("/q", [...], 0x1) = -1 EACCES (Permission denied)
7 <... clone resumed>, parent_tid=[12<anon_inode:[pidfd]>]) = 9`, "image /p root forks=2 probes=1",
		"  /q opened=0 read=0 mapped=false looked=0 missed=1 late=false")
	// A program forks and then executes another program. The uses of its copy belong to the first program.
	check(`7 fork()      = 8
7 execve("/q", [...], 0x1) = 0
8 access("/a", F_OK) = 0`, "image /p root forks=1",
		"  /a opened=0 read=0 mapped=false looked=1 missed=0 late=false", "image /q root")
}

func TestTraceOfSomethingElse(t *testing.T) {
	if got, err := explain.Traced(strings.NewReader("strace: exec: Permission denied\n"), "/", ""); err == nil {
		t.Errorf("Traced of an error message = %q, want an error", got)
	}
	if got, err := explain.Traced(strings.NewReader(""), "/", ""); err != nil || got != nil {
		t.Errorf("Traced of no input = %q, %v, want nil", got, err)
	}
}

func TestUnquote(t *testing.T) {
	for text, want := range map[string]string{
		`plain`:                  "plain",
		`a \"b\" <c> \303\251`:   `a "b" <c> é`,
		`\t\n\v\f\r\a\b\\`:       "\t\n\v\f\r\a\b\\",
		`\0\17\0012`:             "\x00\x0f\x012",
		`\74in brackets\76`:      "<in brackets>",
		`a backslash at an end\`: `a backslash at an end\`,
		`\777 is not a byte`:     "777 is not a byte",
	} {
		if got := explain.Unquote(text); got != want {
			t.Errorf("Unquote(%s) = %q, want %q", text, got, want)
		}
	}
}

// For any input, parsing ends and the trace is consistent: each use belongs to an image and has a count above 0.
func FuzzTrace(f *testing.F) {
	for _, name := range []string{"shell.strace", "go.strace", "connect.strace"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("7 clone() = 8\n8 clone() = 7\n8 open(\"a\") = 3<\\")
	f.Add("7 clone(CLONE_THREAD) = 8\n8 clone(CLONE_THREAD) = 7\n7 execve(\"a\") = 0\n8 access(\"b\") = 0")
	f.Fuzz(func(t *testing.T, text string) {
		lines, err := explain.Traced(strings.NewReader(text), "/", "pipe:[1]")
		if err != nil {
			return
		}
		for i, line := range lines {
			if i == 0 && !strings.HasPrefix(line, "image ") {
				t.Errorf("Traced(%q) begins with %q, want an image", text, line)
			}
			if strings.Contains(line, "opened=0 read=0 mapped=false looked=0 missed=0") {
				t.Errorf("Traced(%q) has a use without counts: %q", text, line)
			}
		}
	})
}
