//go:build linux

package machine_test

import (
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/machine"
)

// The generator has the first core by default, and targets have those that it does not have, or their own.
func TestPlacement(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("a single core cannot be shared out")
	}
	p, err := machine.NewPlacement(map[string]string{"one": "0-1"})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Describe([]string{"one", "two"})
	rest := got["two"]
	want := map[string]string{"generator": "0", "one": "0-1", "two": rest}
	if diff := cmp.Diff(want, got); diff != "" || rest == "" || rest[0] != '1' {
		t.Errorf("cores (-want +got):\n%s", diff)
	}
	for _, wrong := range []string{"", "x", "-1", "1-0", "0-", "2000", "0,", "900"} {
		if _, err := machine.NewPlacement(map[string]string{machine.GeneratorName: wrong}); err == nil {
			t.Errorf("cores %q: want an error", wrong)
		}
	}
}
