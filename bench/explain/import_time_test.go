package explain_test

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/explain"
)

// The input is from Python 3.11 and a script that imports json, os and datetime.
func TestParseImports(t *testing.T) {
	all := explain.ParseImports(readAll(t, "testdata/python.importtime"))
	if len(all) != 56 {
		t.Errorf("ParseImports found %d modules, want 56", len(all))
	}
	byName := map[string]explain.Import{}
	for _, m := range all {
		byName[m.Name] = m
	}
	for _, want := range []struct {
		name, within     string
		self, cumulative int64 // µs
	}{
		{"json", "", 139, 5089},
		{"json.decoder", "json", 237, 4678},
		{"re._constants", "re._parser", 748, 748},
		{"enum", "re", 817, 2338},
		{"site", "", 780, 2210},
		{"os", "site", 199, 785},
		{"_io", "_frozen_importlib_external", 113, 113},
	} {
		got := byName[want.name]
		if got.Within != want.within || got.Self != want.self*1000 || got.Cumulative != want.cumulative*1000 {
			t.Errorf("%s = %+v, want within %q, self %d µs, cumulative %d µs", want.name, got, want.within,
				want.self, want.cumulative)
		}
	}
	want := []string{"_frozen_importlib_external 3 posix", "zipimport 1 time", "encodings 3 encodings.aliases",
		"encodings.utf_8 0", "_signal 0", "io 2 abc", "site 14 _collections_abc", "json 22 enum", "datetime 2 _datetime"}
	if diff := cmp.Diff(want, explain.Roots(all)); diff != "" {
		t.Errorf("Roots (-want +got):\n%s", diff)
	}
}

func TestParseImportsOfMore(t *testing.T) {
	text := readAll(t, "testdata/python.importtime")
	want := explain.ParseImports(text)
	check := func(what string, log []byte) {
		t.Helper()
		got := explain.ParseImports(log)
		if len(got) != len(want) || len(got) > 0 && got[len(got)-1].Name != "datetime" {
			t.Errorf("ParseImports %s found %d modules, want %d", what, len(got), len(want))
		}
	}
	check("with other log lines", append([]byte("begun\n"), append(bytes.Clone(text), "done\n"...)...))
	check("with a child's imports", append(bytes.Clone(text), text...))

	if got := explain.ParseImports([]byte("import time: 1 | 2 | early\n")); got != nil {
		t.Errorf("ParseImports without a header = %+v, want nil", got)
	}
	orphan := explain.ParseImports([]byte(`import time: self [us] | cumulative | imported package
import time: 1 | 1 |     a.b
`))
	if len(orphan) != 1 || orphan[0].Name != "a.b" || orphan[0].Within != "" {
		t.Errorf("ParseImports of a module whose parent is missing = %+v", orphan)
	}
}
