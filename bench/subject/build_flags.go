package subject

import (
	_ "embed"
	"runtime"
	"slices"
	"strings"
)

// buildFlags has a flag of go build in each line. The release is built with the same file, so that a workload program
// starts alike whether it was installed or built from a checkout: without symbols, without paths of the machine, with
// Go's own resolver and user lookup, and static, SQLite included.
//
//go:embed build.flags
var buildFlags string

// BuildFlags returns the flags of go build with which workload programs are built.
func BuildFlags() []string {
	flags := strings.Split(strings.TrimSpace(buildFlags), "\n")
	if runtime.GOOS == "linux" {
		return flags
	}
	return slices.DeleteFunc(flags, func(f string) bool { return strings.HasPrefix(f, "-ldflags") }) // no static C library
}
