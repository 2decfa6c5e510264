package explain_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/explain"
)

func readAll(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The input is from forktax-hello, built with Go 1.26.
func TestParseInits(t *testing.T) {
	got := explain.ParseInits(readAll(t, "testdata/go.inittrace"))
	if len(got) != 85 {
		t.Errorf("ParseInits found %d packages, want 85", len(got))
	}
	want := []string{"internal/bytealg 0s 0", "internal/runtime/gc/scan 0s 0", "runtime 84µs 0",
		"crypto/internal/fips140deps/cpu 2µs 0", "math 2µs 0", "errors 0s 0", "iter 10µs 1", "runtime/metrics 76µs 95"}
	if diff := cmp.Diff(want, got[:min(len(want), len(got))]); diff != "" {
		t.Errorf("ParseInits (-want +got):\n%s", diff)
	}
}

func TestParseInitsOfMore(t *testing.T) {
	const one = "init runtime @0.018 ms, 0.062 ms clock, 0 bytes, 0 allocs\n" +
		"init example.com/a @12 ms, 1.5 ms clock, 48 bytes, 2 allocs\n"
	want := []string{"runtime 62µs 0", "example.com/a 1.5ms 2"}
	for name, log := range map[string]string{
		"with other log lines": "2026/01/01 hello\n" + one + "init nothing\nhello: done\n",
		"with a child's packages": one + "init runtime @0 ms, 7 ms clock, 0 bytes, 0 allocs\n" +
			"init b @0 ms, 1 ms clock, 0 bytes, 0 allocs\n",
	} {
		if diff := cmp.Diff(want, explain.ParseInits([]byte(log))); diff != "" {
			t.Errorf("ParseInits %s (-want +got):\n%s", name, diff)
		}
	}
	if got := explain.ParseInits([]byte("no such thing\n")); got != nil {
		t.Errorf("ParseInits of another log = %q, want nil", got)
	}
}
