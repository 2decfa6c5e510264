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

// executableName returns the name of an executable in the cache: the commit, and a hash of all other known inputs of
// the build. All names have the same length, since the name is on the stack of the started program.
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

// volatile lists variables that differ between calls, terminals or logins, and that are not inputs of a build. All
// other variables count as inputs.
var volatile = []string{
	"_", "PWD", "OLDPWD", "SHLVL", // set by the shell
	"TMPDIR", "TMP", "TEMP", "TEMPDIR", // each build has a new directory there anyway
	"TERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TERM_SESSION_ID", "COLORTERM", "COLUMNS", "LINES", "WINDOWID",
	"TMUX", "TMUX_PANE", "STY", "WINDOW",
	"SSH_AGENT_PID", "SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY",
	"DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "XDG_SESSION_ID",
	"INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", // set by systemd for services
}

// buildVariables returns the environment of a build as NAME=VALUE, without volatile variables.
func buildVariables() []string {
	variables := slices.DeleteFunc(environment(), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return slices.Contains(volatile, name)
	})
	slices.Sort(variables)
	return variables
}

// writePathTools writes the identity of each program that a build can find on the path: for each name, the first. It is
// not known which ones a build calls, so that any change counts.
func writePathTools(to io.Writer, path string) {
	seen := map[string]bool{}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) { // relative to the commit
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

// writeNamedTools writes the identity of each program that the texts name by an absolute path, as in
// CC=/opt/llvm/bin/clang.
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

// writeTool writes the identity of an executable file: its path, size, time and link target. The link target is needed
// because some package managers give all files the same time. It reports whether the path is an executable file.
func writeTool(to io.Writer, path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	link, _ := os.Readlink(path)
	fmt.Fprintf(to, "%q %q %d %d\n", path, link, info.Size(), info.ModTime().UnixNano())
	return true
}

// toolQueries lists commands that print the versions and settings of tools that their files do not identify: settings
// of go may be in a file, and cc and rustc may be scripts that call another tool. A module's Go version is in the
// commit.
var toolQueries = [][]string{
	{"go", "env", "GOVERSION", "GOTOOLCHAIN", "GOFLAGS", "GOEXPERIMENT", "GOFIPS140", "GOOS", "GOARCH", "GOAMD64", "GOARM",
		"GOARM64", "GO386", "CGO_ENABLED", "CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"},
	{"cc", "--version"},
	{"rustc", "--version"},
}

// toolQueryLimit is the timeout of a tool query.
const toolQueryLimit = 20 * time.Second

// writeToolVersions writes the output of the tool queries, which is empty for a missing tool.
func writeToolVersions(ctx context.Context, to io.Writer) {
	for _, q := range toolQueries {
		cmd := exec.Command(q[0], q[1:]...)
		cmd.Dir = os.TempDir() // not in a module, which could choose another toolchain
		out, _ := process.Output(ctx, toolQueryLimit, cmd)
		fmt.Fprintf(to, "%q %q\n", q[0], out)
	}
}
