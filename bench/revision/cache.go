package revision

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"forktax/bench/process"
)

// executableName is the name of an executable in the cache: the commit, and a hash of all else that is known to decide
// what is built. All are equally long, for the name is on the stack of the program that is started by it.
func executableName(ctx context.Context, commit, command, prefix string) string {
	sum := sha256.New()
	for _, part := range []string{commit, command, prefix, runtime.GOOS, runtime.GOARCH} {
		fmt.Fprintf(sum, "%q\n", part)
	}
	variables := buildVariables()
	for _, v := range variables {
		fmt.Fprintf(sum, "%q\n", v)
	}
	writePathTools(sum, os.Getenv("PATH"))
	writeNamedTools(sum, append(variables, command))
	writeToolVersions(ctx, sum)
	return fmt.Sprintf("%.12s-%x", commit, sum.Sum(nil)[:6])
}

// volatile are variables that change from one call to the next, from one terminal or login to another, and that no
// build takes for input. All others are part of what decides what is built.
var volatile = []string{
	"_", "PWD", "OLDPWD", "SHLVL", // the shell's own
	"TMPDIR", "TMP", "TEMP", "TEMPDIR", // a build has a new directory there in any case
	"TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "COLORTERM", "COLUMNS", "LINES", "WINDOWID",
	"TMUX", "TMUX_PANE", "STY", "WINDOW",
	"SSH_AGENT_PID", "SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY",
	"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_SESSION_ID",
	"INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", // of a service of systemd
}

// buildVariables are the variables that a build has, as NAME=VALUE, but for the volatile ones.
func buildVariables() []string {
	variables := slices.DeleteFunc(environment(), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains(volatile, name)
	})
	slices.Sort(variables)
	return variables
}

// writePathTools writes what identifies the programs that a build finds by their names: of each name the first on the
// path. Which of them it calls is not known, so that any that changed counts.
func writePathTools(to io.Writer, path string) {
	seen := map[string]bool{}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) { // it is of the commit
			continue
		}
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if !seen[entry.Name()] {
				seen[entry.Name()] = writeTool(to, filepath.Join(dir, entry.Name()))
			}
		}
	}
}

// writeNamedTools writes what identifies the programs that are named by absolute paths, as in CC=/opt/llvm/bin/clang.
func writeNamedTools(to io.Writer, texts []string) {
	separates := func(r rune) bool { return strings.ContainsRune(" \t\n;&|()<>\"'`=:,", r) }
	for _, text := range texts {
		for _, word := range strings.FieldsFunc(text, separates) {
			if filepath.IsAbs(word) {
				writeTool(to, word)
			}
		}
	}
}

// writeTool writes what identifies an executable file: its path, size and time, and where a link leads, as some package
// managers give all files the same time. It reports whether the path is one.
func writeTool(to io.Writer, path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	link, _ := os.Readlink(path)
	fmt.Fprintf(to, "%q %q %d %d\n", path, link, info.Size(), info.ModTime().UnixNano())
	return true
}

// toolQueries are the commands that make those tools describe themselves whose files do not say it all: settings of go
// may be in a file, and cc and rustc may be scripts that choose another. Which Go a module asks for is in the commit.
var toolQueries = [][]string{
	{"go", "env", "GOVERSION", "GOTOOLCHAIN", "GOFLAGS", "GOEXPERIMENT", "GOFIPS140", "GOOS", "GOARCH", "GOAMD64", "GOARM",
		"GOARM64", "GO386", "CGO_ENABLED", "CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"},
	{"cc", "--version"},
	{"rustc", "--version"},
}

// toolQueryLimit is how long a tool may take to describe itself.
const toolQueryLimit = 20 * time.Second

// writeToolVersions writes what the tools say of themselves, and nothing of one that is missing.
func writeToolVersions(ctx context.Context, to io.Writer) {
	for _, q := range toolQueries {
		cmd := exec.Command(q[0], q[1:]...)
		cmd.Dir = os.TempDir() // not in a module, whose words on the toolchain go has to follow
		out, _ := process.Output(ctx, toolQueryLimit, cmd)
		fmt.Fprintf(to, "%q %q\n", q[0], out)
	}
}
