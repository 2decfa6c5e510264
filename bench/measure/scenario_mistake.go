package measure

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/subject"
	"forktax/bench/suite"
)

// ScenarioMistake returns an error that suggests the intended command if the argument of run, which should be a
// scenario, is the name of a workload or suite, a URL, or the path of a program.
func ScenarioMistake(ctx context.Context, name string, log io.Writer) error {
	if extension := filepath.Ext(name); extension == ".yaml" || extension == ".yml" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
		if info.Mode()&0o111 != 0 || isScript(name) {
			path := name
			if !strings.ContainsRune(path, filepath.Separator) {
				path = "./" + path
			}
			return subject.Unusable("%s is a program, not a scenario (YAML): a CGI program is measured by forktax run --cgi %s",
				name, subject.ShellWord(path))
		}
		return nil
	}
	switch {
	case slices.Contains(suite.Names(), name):
		return subject.Unusable("%s is a suite, not a scenario (YAML): forktax run --suite %[1]s", name)
	case strings.Contains(name, "://"):
		return subject.Unusable("%s is a URL, not a scenario (YAML): forktax run --target server=%[1]s", name)
	}
	workload, _, _ := strings.Cut(name, "/")
	known, err := subject.NewFinder(log).Names(ctx)
	if err == nil && slices.Contains(known, workload) {
		return subject.Unusable("%s is a workload, not a scenario (YAML): forktax run --workload %[1]s", name)
	}
	return nil
}

// isScript reports whether a file begins like a script.
func isScript(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 2)
	_, err = io.ReadFull(f, head)
	return err == nil && bytes.Equal(head, []byte("#!"))
}
