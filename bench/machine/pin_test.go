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
	p, err := machine.NewPlacement(map[string]string{"one": "1"})
	if err != nil {
		t.Fatal(err)
	}
	got := p.Describe([]string{"one", "two"})
	rest := got["two"]
	want := map[string]string{"generator": "0", "one": "1", "two": rest}
	if diff := cmp.Diff(want, got); diff != "" || rest == "" || rest[0] != '1' {
		t.Errorf("cores (-want +got):\n%s", diff)
	}
	if p, err = machine.NewPlacement(map[string]string{"one": "0"}); err != nil ||
		p.Describe([]string{"one"})[machine.GeneratorName] != "1" {
		t.Errorf("with a target on core 0, the generator has %v, %v; want 1", p, err)
	}
	for _, shared := range []map[string]string{{machine.GeneratorName: "0", "one": "0-1"},
		{machine.GeneratorName: "1", "one": "1", "two": "0"}} {
		if _, err := machine.NewPlacement(shared); err == nil {
			t.Errorf("cores %v, of which the generator shares one: want an error", shared)
		}
	}
	for _, wrong := range []string{"", "x", "-1", "1-0", "0-", "2000", "0,", "900"} {
		if _, err := machine.NewPlacement(map[string]string{machine.GeneratorName: wrong}); err == nil {
			t.Errorf("cores %q: want an error", wrong)
		}
	}
}
