package record

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ErrorText is what is said of the error that ends the command: a line for each of the errors that it joins, but one
// for all files that could not be written for the same reason, as on a full disk.
func ErrorText(err error) string {
	var lines []string
	told := map[string]bool{}
	unwritten := map[string][]string{} // files, by the reason
	joined := flat(err)
	for _, e := range joined {
		if w, ok := e.(*WriteError); ok && !slices.Contains(unwritten[w.Err.Error()], w.Name) {
			unwritten[w.Err.Error()] = append(unwritten[w.Err.Error()], w.Name)
		}
	}
	for _, e := range joined {
		text := e.Error()
		if w, ok := e.(*WriteError); ok {
			text = fmt.Sprintf("writing %s: %v", files(unwritten[w.Err.Error()]), w.Err)
		}
		if !told[text] {
			told[text] = true
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// flat lists the errors that errors.Join made one of. One that has words of its own for several stays whole.
func flat(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, e := range several.Unwrap() {
		all = append(all, flat(e)...)
		texts = append(texts, e.Error())
	}
	if err.Error() != strings.Join(texts, "\n") {
		return []error{err}
	}
	return all
}

// files lists names, those in the directory of the one before without it.
func files(names []string) string {
	var short []string
	for i, name := range names {
		if i > 0 && filepath.Dir(name) == filepath.Dir(names[i-1]) {
			name = filepath.Base(name)
		}
		short = append(short, name)
	}
	return strings.Join(short, ", ")
}
