package revision

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"forktax/bench/process"
)

// executableName is the name of an executable in the cache: the commit, and a hash of all else that decides what is
// built. All are equally long, for the name is on the stack of the program that is started by it.
func executableName(commit, command, prefix, toolchain string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{commit, command, prefix, toolchain}, "\x00")))
	return fmt.Sprintf("%.12s-%x", commit, sum[:6])
}

// toolQueries are the commands that make the usual tools describe themselves. Which Go a module asks for is in the
// commit.
var toolQueries = [][]string{
	{"go", "env", "GOVERSION", "GOTOOLCHAIN", "GOFLAGS", "GOEXPERIMENT", "GOFIPS140", "GOOS", "GOARCH", "GOAMD64", "GOARM",
		"GOARM64", "GO386", "CGO_ENABLED", "CC", "CXX", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_LDFLAGS"},
	{"cc", "--version"},
	{"rustc", "--version"},
}

// variables decide what is built, and by which tools.
var variables = []string{"PATH", "CC", "CXX", "CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "RUSTFLAGS", "GOWORK"}

// toolQueryLimit is how long a tool may take to answer.
const toolQueryLimit = 20 * time.Second

// toolchain tells what a command here may build with. A tool that it does not ask for is told by the PATH alone, and
// one that is missing by nothing.
func toolchain(ctx context.Context) string {
	var b strings.Builder
	fmt.Fprintln(&b, runtime.GOOS, runtime.GOARCH)
	for _, v := range variables {
		fmt.Fprintf(&b, "%s=%s\n", v, os.Getenv(v))
	}
	for _, q := range toolQueries {
		cmd := exec.Command(q[0], q[1:]...)
		cmd.Dir = os.TempDir() // not in a module, whose words on the toolchain go has to follow
		out, _ := process.Output(ctx, toolQueryLimit, cmd)
		fmt.Fprintf(&b, "%s\n%s\n", q[0], out)
	}
	return b.String()
}
