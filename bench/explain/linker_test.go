package explain_test

import (
	"runtime"
	"slices"
	"testing"

	"forktax/bench/explain"
)

// The input is from glibc 2.36 and a shell that ends with exec env, which executes cat: three programs in one process.
// Only the last ran to its end, so that its count includes lazily bound symbols.
func TestParseLinkerStats(t *testing.T) {
	want := [][2]int64{{123203, 181}, {91548, 90}, {83889, 108}}
	if got := explain.ParseLinkerStats(readAll(t, "testdata/shell.ldso")); !slices.Equal(got, want) {
		t.Errorf("ParseLinkerStats = %v, want %v", got, want)
	}
	if got := explain.ParseLinkerStats([]byte("1: calling init\n1: number of relocations: 7\n")); got != nil {
		t.Errorf("ParseLinkerStats of another text = %v, want nil", got)
	}
}

// A cycle counter runs at a few gigahertz, a nanosecond counter at 1 GHz.
func TestTicks(t *testing.T) {
	if got := explain.Ticks(); got < 0.5e9 || got > 10e9 {
		t.Errorf("Ticks on %s = %g per second, want about 1e9 to 5e9", runtime.GOARCH, got)
	}
}
