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
		told := bench.Told{Timing: timing, Arrived: 4711, Answered: 4712}
		header := told.AppendHeader(nil)
		if got := string(header); got != want {
			t.Errorf("%v.AppendHeader = %q, want %q", told, got, want)
		}
		var read bench.Told
		if read.AddHeader(header); read != told {
			t.Errorf("AddHeader(%q) gives %v, want %v", header, read, told)
		}
	}
	check(bench.Timing{}, `clock;desc="4711 4712"`)
	check(bench.Timing{bench.PhaseHandle: 1}, `handle;dur=0.000001, clock;desc="4711 4712"`)
	check(bench.Timing{bench.PhaseSpawn: 250_000, bench.PhaseExit: 1_000_000},
		`spawn;dur=0.250000, exit;dur=1.000000, clock;desc="4711 4712"`)
	check(bench.Timing{bench.PhaseWait: math.MaxUint32}, `wait;dur=4294.967295, clock;desc="4711 4712"`)
}

// A clock that is broken, or goes backwards, is none.
func TestClockInHeader(t *testing.T) {
	for header, want := range map[string][2]int64{
		`clock;desc="1 2"`:                                     {1, 2},
		`db;dur=5, clock ; desc="7 7";x=y, a`:                  {7, 7},
		`clock;desc="999999999999999998 999999999999999999"`:   {999999999999999998, 999999999999999999},
		`clock;desc="2 1"`:                                     {},
		`clock;desc="0 1"`:                                     {},
		`clock;desc="-1 2"`:                                    {},
		`clock;desc="1 2`:                                      {},
		`clock;desc="1"`:                                       {},
		`clock;desc="1 2 3"`:                                   {},
		`clock;desc="1000000000000000000 1000000000000000001"`: {},
		`clock;desc=1 2`:                                       {},
		`clock;dur=5`:                                          {},
		`clock`:                                                {},
		`clocks;desc="1 2"`:                                    {},
	} {
		var told bench.Told
		told.AddHeader([]byte(header))
		if got := [2]int64{told.Arrived, told.Answered}; got != want {
			t.Errorf("AddHeader(%q) gives the clock %v, want %v", header, got, want)
		}
	}
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
