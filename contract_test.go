package forktax_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/workload/contract"
)

// schemas returns the compiled schemas of docs/contract.md, by title.
func schemas(t *testing.T) map[string]*jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile("docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	compiled := map[string]*jsonschema.Schema{}
	for _, block := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllSubmatch(text, -1) {
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(block[1]))
		if err != nil {
			t.Fatal(err)
		}
		title := document.(map[string]any)["title"].(string)
		c := jsonschema.NewCompiler()
		c.AssertFormat()
		if err := c.AddResource(title+".json", document); err != nil {
			t.Fatal(err)
		}
		if compiled[title], err = c.Compile(title + ".json"); err != nil {
			t.Fatal(err)
		}
	}
	return compiled
}

func validate(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return s.Validate(document)
}

// The descriptions of our programs and their responses at /usage match the schemas in the document. The schemas have
// every key of the Go types.
func TestContractDocument(t *testing.T) {
	documented := schemas(t)
	describe, usage := documented["describe"], documented["usage"]
	if describe == nil || usage == nil {
		t.Fatalf("docs/contract.md has the schemas %v", documented)
	}
	names := []string{"forktax-hello", "forktax-guestbook", "forktax-startup", "forktax-members", "forktax-floor",
		"forktax-cgi"}
	dir := programtest.Build(t, names...)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if name != "forktax-cgi" { // its requests are defined by the user
			out, err := exec.Command(path, "describe").Output()
			if err != nil {
				t.Fatal(err)
			}
			if err := validate(t, describe, out); err != nil {
				t.Errorf("%s describe: %v", name, err)
			}
		}
	}
	program, err := subject.Describe(t.Context(), filepath.Join(dir, "forktax-hello"))
	if err != nil {
		t.Fatal(err)
	}
	l := subject.Launcher{Programs: []subject.Program{program}}
	for _, model := range program.Models {
		if m, _ := contract.ModelNamed(model); m.Host == contract.HostWasm { // TestWorkloadsConform builds the module
			continue
		}
		target, stop, err := l.Launch(t.Context(), contract.Members(model)[0], program.Name)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.Get(target.AdminURL + "/usage")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, usage, text); err != nil {
			t.Errorf("/usage of hello as %s: %v", model, err)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	}
	keys := slices.Concat(keysOf(reflect.TypeFor[contract.Description]()), keysOf(reflect.TypeFor[contract.Usage]()))
	text, err := os.ReadFile("docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		if !bytes.Contains(text, []byte(`"`+key+`":`)) {
			t.Errorf("no schema has the key %s", key)
		}
	}
}

func keysOf(of reflect.Type) (keys []string) {
	for _, f := range reflect.VisibleFields(of) {
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	return keys
}

// The schemas reject invalid documents.
func TestContractSchemasRefuse(t *testing.T) {
	documented := schemas(t)
	right := `{"contract": 1, "name": "a", "models": ["cgi"], "requests": [{"name": "r", "method": "GET", "path": "/"}]}`
	if err := validate(t, documented["describe"], []byte(right)); err != nil {
		t.Errorf("%s: %v", right, err)
	}
	for _, change := range [][2]string{{`"contract": 1`, `"contract": 2`}, {`"a"`, `"a/b"`}, {`"a"`, `" "`},
		{`["cgi"]`, `[]`},
		{`"/"`, `"page"`}, {`"method": "GET", `, ``}, {`"name": "r"`, `"nom": "r"`}} {
		wrong := strings.Replace(right, change[0], change[1], 1)
		if err := validate(t, documented["describe"], []byte(wrong)); err == nil {
			t.Errorf("%s is valid", wrong)
		}
	}
	used, err := json.Marshal(contract.Usage{SelfCPUNS: -1})
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, documented["usage"], used); err == nil {
		t.Errorf("%s is valid", used)
	}
}
