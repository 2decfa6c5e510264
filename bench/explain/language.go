package explain

import (
	"path/filepath"
	"regexp"
)

// A language is one whose programs need an interpreter.
type language struct {
	name  string
	file  *regexp.Regexp // matches the names of its interpreters
	bare  []string       // arguments to start the interpreter and do nothing; nil if it has none
	paths string         // where it looks for modules, in its own words
}

// python is what is asked for by name: it can tell what its imports cost.
const python = "Python"

var languages = []language{
	{python, regexp.MustCompile(`^python[0-9.]*$`), []string{"-I", "-S", "-c", "pass"}, "sys.path"},
	{"Perl", regexp.MustCompile(`^perl[0-9.]*$`), []string{"-e", "1"}, "@INC"},
	{"shell", regexp.MustCompile(`^(ba|da|k|z)?sh$`), []string{"-c", ":"}, "PATH"},
	{"Ruby", regexp.MustCompile(`^ruby[0-9.]*$`), []string{"--disable=all", "-e", "1"}, "$LOAD_PATH"},
	{"PHP", regexp.MustCompile(`^php(-cgi)?[0-9.]*$`), nil, "include_path"},
}

// languageOf tells an interpreter by the name of its file; nil if it is none that is known.
func languageOf(path string) *language {
	for i, l := range languages {
		if l.file.MatchString(filepath.Base(path)) {
			return &languages[i]
		}
	}
	return nil
}
