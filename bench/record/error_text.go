package record

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// ErrorText returns the text of the error that ends the command, with one line for each joined error. Files that could
// not be written for the same reason, such as a full disk, share a line.
func ErrorText(err error) string {
	var lines []string
	printed := map[string]bool{}
	unwritten := map[string][]string{} // file names by reason
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
		if !printed[text] {
			printed[text] = true
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// flat returns the errors that errors.Join combined into err. An error that wraps several with a text of its own is
// kept as it is.
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

// files joins file names with commas. A directory that is the same as for the preceding name is left out.
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
