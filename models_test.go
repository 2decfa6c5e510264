package forktax_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"forktax/workload/contract"
)

// modelTables are the files with the two halves of the table of models. Only these files may name models.
var modelTables = []string{"workload/contract/model.go", "workload/model.go"}

// unmistakable lists names that always mean a model, except that some flags of the command have the same names.
var unmistakable = []string{"persistent", "reconnect", "reload"}

// sources calls use with each source file of a program whose name ends with ext.
func sources(t *testing.T, ext string, use func(path, text string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"testdata",
			"results"}, d.Name())):
			return filepath.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ext), strings.HasSuffix(path, "_test.go"), strings.HasSuffix(path,
			".min.js"):
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil {
			use(filepath.ToSlash(path), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The row of a model defines all its properties, so a new model needs no other change.
func TestOnlyTheTableNamesModels(t *testing.T) {
	checked := 0
	sources(t, ".go", func(path, text string) {
		checked++
		if slices.Contains(modelTables, path) {
			return
		}
		for _, found := range modelLiterals(t, path, text) {
			t.Errorf("%s: a model is named by a literal; derive it from contract.Models", found)
		}
	})
	if checked < 300 {
		t.Errorf("only %d files were checked", checked)
	}
}

func TestModelLiterals(t *testing.T) {
	tests := map[string]struct {
		path, code string
		want       int
	}{
		"a comparison":              {"a.go", `var x = m == "cgi" || "cgi" != m`, 2},
		"a case":                    {"a.go", `func f() { switch m { case "cgi", "other": } }`, 1},
		"a key of a map":            {"a.go", `var x = map[string]int{"cgi": 1, "other": 2}`, 1},
		"an index":                  {"a.go", `var x = m["cgi"]`, 1},
		"a field for a model":       {"a.go", `var x = T{Model: "cgi"}`, 1},
		"a constant":                {"a.go", `const x = "cgi"`, 1},
		"an assignment":             {"a.go", `func f() { x := "cgi"; x = "cgi" }`, 2},
		"a list of models":          {"a.go", `var x = []string{"cgi", "persistent"}`, 2},
		"a default":                 {"cmd/forktax/a.go", `func f() { StringVar(&x, "model", "persistent", "about") }`, 1},
		"an argument after another": {"a.go", `func f() { g(models, "cgi") }`, 1},
		"an unmistakable word":      {"a.go", `func f() { g("reload") }`, 1},
		"a file of that name":       {"a.go", `var x = map[string]string{"script": "cgi"}`, 0},
		"an import":                 {"a.go", `import "cgi"`, 0},
		"text":                      {"a.go", `var x = "a process of the model cgi or persistent"`, 0},
		"a flag": {"cmd/forktax/a.go", `func f() { StringVar(&x, "persistent", y, "about"); has("cgi") }`,
			0},
		"a list of flags": {"cmd/forktax/a.go", `var x = []string{"model", "cgi", "persistent"}`, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := modelLiterals(t, test.path, "package p\n"+test.code)
			if len(got) != test.want {
				t.Errorf("modelLiterals(%s) = %v, want %d", test.code, got, test.want)
			}
		})
	}
}

// modelLiterals returns the positions of string literals that name a model: an unmistakable name outside of package
// main of the command, or any model's name where the context expects a model.
func modelLiterals(t *testing.T, path, text string) (found []string) {
	t.Helper()
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var above []ast.Node
	ast.Inspect(file, func(n ast.Node) bool {
		if n == nil {
			above = above[:len(above)-1]
			return true
		}
		if name, ok := modelName(n); ok {
			strict := slices.Contains(unmistakable, name) && !strings.HasPrefix(path, "cmd/forktax/")
			if _, imported := above[len(above)-1].(*ast.ImportSpec); !imported && (strict || takesModel(n, above)) {
				found = append(found, files.Position(n.Pos()).String())
			}
		}
		above = append(above, n)
		return true
	})
	return found
}

// modelName returns the name of a model if the node is a string literal of that name.
func modelName(n ast.Node) (name string, ok bool) {
	literal, ok := n.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return "", false
	}
	name, err := strconv.Unquote(literal.Value)
	return name, err == nil && slices.Contains(contract.ModelNames(), name)
}

// takesModel reports whether the context of a literal expects a model: a comparison, a key, the value of a variable or
// of a field for models, a list of models, or an argument other than the first. The first argument of a call is the
// name of a flag. above holds the enclosing nodes, innermost last.
func takesModel(n ast.Node, above []ast.Node) bool {
	switch parent := above[len(above)-1].(type) {
	case *ast.BinaryExpr:
		return parent.Op == token.EQL || parent.Op == token.NEQ
	case *ast.CaseClause, *ast.IndexExpr, *ast.ValueSpec, *ast.AssignStmt, *ast.ReturnStmt:
		return true
	case *ast.KeyValueExpr:
		field, ok := parent.Key.(*ast.Ident)
		return parent.Key == n || ok && strings.HasPrefix(field.Name, "Model")
	case *ast.CompositeLit:
		return !slices.ContainsFunc(parent.Elts, func(e ast.Expr) bool {
			_, ok := modelName(e)
			return !ok
		})
	case *ast.CallExpr:
		args := slices.DeleteFunc(slices.Clone(parent.Args), func(arg ast.Expr) bool {
			_, address := arg.(*ast.UnaryExpr)
			return address
		})
		return args[0] != n
	}
	return false
}

// modelInScript returns a pattern for a model's name that is quoted or is the key of an object.
func modelInScript() *regexp.Regexp {
	names := strings.Join(contract.ModelNames(), "|")
	return regexp.MustCompile("[\"'`](" + names + ")[\"'`]|(?m:^|[{,])\\s*(" + names + "):")
}

func TestScriptsNameNoModel(t *testing.T) {
	pattern, checked := modelInScript(), 0
	sources(t, ".js", func(path, text string) {
		checked++
		for number, line := range strings.Split(text, "\n") {
			if pattern.MatchString(line) {
				t.Errorf("%s:%d: a model is named; use the models that the server lists:\n%s", path, number+1, line)
			}
		}
	})
	if checked < 5 {
		t.Errorf("only %d scripts were checked", checked)
	}
	for line, want := range map[string]bool{
		`if (view.model === "cgi") f();`: true, `const kept = {cgi: 1};`: true, "\treload: 2,": true,
		`const text = "a CGI child";`: false, `const reloaded = view.reload;`: false,
	} {
		if got := pattern.MatchString(line); got != want {
			t.Errorf("%q: found %t, want %t", line, got, want)
		}
	}
}
