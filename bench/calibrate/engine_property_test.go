package calibrate_test

import (
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/calibrate"
	"forktax/bench/record"
)

// Without noise, an exact engine passes all properties.
func TestExactEnginePasses(t *testing.T) {
	l := newLab()
	calibrate.Virtual(l)
	for _, name := range calibrate.EngineProperties() {
		if name == "stall" { // it pauses a real process
			continue
		}
		o, err := calibrate.RunEngineProperty(t.Context(), l, name)
		if err != nil || o.Verdict != calibrate.Passed {
			t.Errorf("%s: %s, %v: %+v", name, o.Verdict, err, o.Measures)
		}
	}
}

// A visit during which the hypervisor took the CPU is invalid: there is no second side that steal affects alike.
func TestInvalidBySteal(t *testing.T) {
	a := &analysis.Analysis{Cells: []analysis.Cell{{Invalid: record.Counts{"errors": 1}}},
		Warnings: []analysis.Warning{{Code: "errors"}}}
	if got := calibrate.InvalidReasons(a); got != "" {
		t.Errorf("InvalidReasons = %q, want nothing", got)
	}
	a.Cells[0].Invalid["lag"] = 1
	a.Warnings = append(a.Warnings, analysis.Warning{Code: analysis.CodeSteal})
	if got, want := calibrate.InvalidReasons(a), "lag, steal"; got != want {
		t.Errorf("InvalidReasons = %q, want %q", got, want)
	}
}
