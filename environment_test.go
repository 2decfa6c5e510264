package forktax_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// environment is the file that declares the names of the environment variables that both sides use.
const environment = "workload/contract/environment.go"

// literals returns the values of all string literals in the file.
func literals(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			all = append(all, text)
		}
		return true
	})
	return all
}

func TestSharedVariablesAreDeclaredOnce(t *testing.T) {
	names := literals(t, environment)
	if len(names) < 10 {
		t.Fatalf("%s declares only %q", environment, names)
	}
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && entry.Name() == "node_modules":
			return fs.SkipDir
		case filepath.Ext(file) != ".go", strings.HasSuffix(file, "_test.go"), file == environment:
			return nil
		}
		for _, text := range literals(t, file) {
			for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }) {
				if slices.Contains(names, word) {
					t.Errorf("%s spells out %s; %s declares it", file, word, environment)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
