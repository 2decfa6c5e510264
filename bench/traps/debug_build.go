package traps

import (
	"context"
	"debug/buildinfo"
	"fmt"
	"regexp"
	"strings"
)

// slowSettings are build settings of Go that make a program slower: instrumentation or disabled optimisation.
var slowSettings = []struct {
	key   string
	value *regexp.Regexp
}{
	{"-race", regexp.MustCompile(`^true$`)},
	{"-msan", regexp.MustCompile(`^true$`)},
	{"-asan", regexp.MustCompile(`^true$`)},
	{"-gcflags", regexp.MustCompile(`(^|[\s=])-N(\s|$)`)},
}

// debugBuild examines the build settings that Go's linker stores in executables.
func debugBuild(_ context.Context, p *probe) (evidence string) {
	files := [][2]string{{p.Path, p.Path}} // file to read, and its name in the evidence
	for _, s := range p.server() {
		files = append(files, [2]string{s.file, s.executable})
	}
	seen := map[string]bool{"": true}
	var found []string
	for _, file := range files {
		if seen[file[1]] {
			continue
		}
		seen[file[1]] = true
		if flags := slowFlags(file[0]); flags != nil {
			found = append(found, fmt.Sprintf("%s was built with %s", file[1], strings.Join(flags, " ")))
		}
	}
	return strings.Join(found, "; ")
}

// slowFlags returns the build flags that make the executable slow; none if it is not a Go program.
func slowFlags(file string) (flags []string) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil
	}
	for _, slow := range slowSettings {
		for _, s := range info.Settings {
			switch {
			case s.Key != slow.key || !slow.value.MatchString(s.Value):
			case s.Value == "true":
				flags = append(flags, s.Key)
			default:
				flags = append(flags, fmt.Sprintf("%s=%q", s.Key, s.Value))
			}
		}
	}
	return flags
}
