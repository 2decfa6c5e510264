package bench_test

import (
	"math"
	"testing"
	"time"

	"forktax/bench"
)

func TestTimingHeader(t *testing.T) {
	check := func(timing bench.Timing, want string) {
		t.Helper()
		if got := string(timing.AppendHeader(nil)); got != want {
			t.Errorf("%v.AppendHeader = %q, want %q", timing, got, want)
		}
	}
	check(bench.Timing{}, "")
	check(bench.Timing{bench.PhaseHandle: 1}, "handle;dur=0.000001")
	check(bench.Timing{bench.PhaseSpawn: 250_000, bench.PhaseExit: 1_000_000}, "spawn;dur=0.250000, exit;dur=1.000000")
	check(bench.Timing{bench.PhaseWait: math.MaxUint32}, "wait;dur=4294.967295")
}

func TestTimingAdd(t *testing.T) {
	var timing bench.Timing
	timing.Add(bench.PhaseOpen, 2*time.Millisecond)
	timing.Add(bench.PhaseOpen, time.Microsecond)
	timing.Add(bench.PhaseSpawn, -time.Second)
	timing.Add(bench.PhaseExit, time.Hour)
	want := bench.Timing{bench.PhaseOpen: 2_001_000, bench.PhaseExit: math.MaxUint32}
	if timing != want {
		t.Errorf("Timing = %v, want %v", timing, want)
	}
	if got := timing.Sum(); got != 2_001_000+math.MaxUint32 {
		t.Errorf("Sum() = %v, want 4.296968295 s", got)
	}
}
