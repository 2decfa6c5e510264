package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// release is the version of forktax. CHANGELOG.md describes it.
const release = "0.1.0"

// version returns the release, the commit from which this command was built, if it was recorded, and the version of
// Go. The go command records no commit for go run, nor without git.
func version() string {
	commit, modified := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				modified = ", modified"
			}
		}
	}
	return fmt.Sprintf("%s (commit %s%s, %s)", release, commit, modified, runtime.Version())
}
