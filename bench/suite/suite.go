package suite

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/scenario"
	"forktax/bench/subject"
	"forktax/suites"
)

// A Suite is a scenario with contenders.
type Suite struct {
	Name string
	scenario.Suite
	Spec subject.Spec // requests and responses of groups that have none of their own
	Dir  string       // directory of the file, to which its paths are relative; "" for a suite of this project
}

// HasRequests reports whether each group defines its requests.
func (s Suite) HasRequests() bool {
	return !slices.ContainsFunc(s.Groups, func(g scenario.Group) bool { return g.Workload == "" && len(g.Weighted) == 0 })
}

const extension = ".yaml"

// Open reads the suite of the name, or of the file at the path: a path has a slash or ends with .yaml or .yml. It
// returns the suite, and its file for the options that it sets.
func Open(name string, flags *pflag.FlagSet, names scenario.Names) (*Suite, *scenario.File, error) {
	if IsPath(name) {
		file, err := scenario.Read(name, flags, names)
		if err != nil {
			return nil, nil, err
		}
		s, err := Of(file, name)
		if err == nil && s == nil {
			err = subject.Unusable("%s: the key %s is missing: a scenario without it is given without --suite", file.Begin,
				scenario.ContendersKey)
		}
		return s, file, err
	}
	text, err := fs.ReadFile(suites.Files, name+extension)
	if err != nil {
		return nil, nil, subject.InvalidOption("suite", "%q is unknown: use one of %s, or the path of a file such as ./%s%s",
			name, strings.Join(Names(), ", "), name, extension)
	}
	file, err := scenario.Parse(path.Join("suites", name+extension), text, flags, names)
	if err != nil {
		return nil, nil, err
	}
	return &Suite{Name: name, Suite: *file.Suite}, file, nil
}

// Of returns the suite of a file at the path; nil if it has no contenders.
func Of(file *scenario.File, path string) (*Suite, error) {
	if file.Suite == nil {
		return nil, nil
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	return &Suite{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Suite: *file.Suite, Dir: dir}, err
}

// IsPath reports whether the value of --suite is a path, and not a name.
func IsPath(name string) bool {
	return strings.ContainsRune(name, filepath.Separator) ||
		slices.Contains([]string{extension, ".yml"}, filepath.Ext(name))
}

// Names returns the names of the suites of this project.
func Names() (names []string) {
	files, _ := fs.Glob(suites.Files, "*"+extension) // the pattern is valid
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file, extension))
	}
	return names
}

// About returns the description of a suite of this project: the value of its key about, which is one line. Parsing all
// suites would delay the start of each command.
func About(name string) string {
	text, _ := fs.ReadFile(suites.Files, name+extension)
	for line := range strings.Lines(string(text)) {
		if about, ok := strings.CutPrefix(line, scenario.AboutKey+": "); ok {
			return strings.Trim(strings.TrimSpace(about), `"`)
		}
	}
	return ""
}

// List returns a line for each suite of this project.
func List() string {
	var lines []string
	for _, name := range Names() {
		lines = append(lines, fmt.Sprintf("  %-10s %s", name, About(name)))
	}
	return strings.Join(lines, "\n")
}
