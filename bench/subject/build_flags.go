package subject

import (
	_ "embed"
	"runtime"
	"slices"
	"strings"
)

// buildFlags has one flag of go build per line. The release is built with the same file, so that a workload program
// starts in the same time whether it was installed or built from a checkout. The flags leave out symbols and paths of
// the build machine, use Go's own resolver and user lookup, and link statically, SQLite included.
//
//go:embed build.flags
var buildFlags string

// BuildFlags returns the flags of go build for workload programs.
func BuildFlags() []string {
	flags := strings.Split(strings.TrimSpace(buildFlags), "\n")
	if runtime.GOOS == "linux" {
		return flags
	}
	return slices.DeleteFunc(flags, func(f string) bool { return strings.HasPrefix(f, "-ldflags") }) // no static libc
}
