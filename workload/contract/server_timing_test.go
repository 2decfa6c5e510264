package contract_test

import (
	"math"
	"testing"
	"time"

	"forktax/workload/contract"
)

func TestTimingHeader(t *testing.T) {
	check := func(timing contract.Timing, want string) {
		t.Helper()
		written := contract.ServerTiming{Timing: timing, Arrived: 4711, Answered: 4712}
		header := written.AppendHeader(nil)
		if got := string(header); got != want {
			t.Errorf("%v.AppendHeader = %q, want %q", written, got, want)
		}
		var read contract.ServerTiming
		if read.AddHeader(header); read != written {
			t.Errorf("AddHeader(%q) gives %v, want %v", header, read, written)
		}
	}
	check(contract.Timing{}, `clock;desc="4711 4712"`)
	check(contract.Timing{contract.PhaseHandle: 1}, `handle;dur=0.000001, clock;desc="4711 4712"`)
	check(contract.Timing{contract.PhaseSpawn: 250_000, contract.PhaseExit: 1_000_000},
		`spawn;dur=0.250000, exit;dur=1.000000, clock;desc="4711 4712"`)
	check(contract.Timing{contract.PhaseWait: math.MaxUint32}, `wait;dur=4294.967295, clock;desc="4711 4712"`)
}

// Timestamps that are malformed or out of order are ignored.
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
		var timing contract.ServerTiming
		timing.AddHeader([]byte(header))
		if got := [2]int64{timing.Arrived, timing.Answered}; got != want {
			t.Errorf("AddHeader(%q) gives the timestamps %v, want %v", header, got, want)
		}
	}
}

func TestTimingAdd(t *testing.T) {
	var timing contract.Timing
	timing.Add(contract.PhaseOpen, 2*time.Millisecond)
	timing.Add(contract.PhaseOpen, time.Microsecond)
	timing.Add(contract.PhaseSpawn, -time.Second)
	timing.Add(contract.PhaseExit, time.Hour)
	want := contract.Timing{contract.PhaseOpen: 2_001_000, contract.PhaseExit: math.MaxUint32}
	if timing != want {
		t.Errorf("Timing = %v, want %v", timing, want)
	}
	if got := timing.Sum(); got != 2_001_000+math.MaxUint32 {
		t.Errorf("Sum() = %v, want 4.296968295 s", got)
	}
}
