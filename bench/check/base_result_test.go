package check_test

import (
	"math"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/check"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Half a 95% interval is 1.960 standard errors. A one-sided 1% shared by 5 gates needs 2.878; a one-sided 2.5% for one
// gate needs no widening.
func TestWidening(t *testing.T) {
	holds := func(alpha float64, gates int, want float64) {
		t.Helper()
		if got := check.Widening(alpha, gates); math.Abs(got-want) > 1e-3 {
			t.Errorf("check.Widening(%v, %d) = %.4f, want %.4f", alpha, gates, got, want)
		}
	}
	holds(0.01, 5, 2.878/1.960)
	holds(0.025, 1, 1)
}

// A stored result may have sides under several hosts, such as variants. Only those under the host of a check count.
func TestUsableSides(t *testing.T) {
	var a analysis.Analysis
	a.Run.Hosts = map[string]string{"candidate": contract.HostLibrary, subject.ScriptModel: contract.HostDirect}
	if sides := check.UsableSides(&a); len(sides) != 1 || sides[0] != subject.ScriptModel {
		t.Errorf("the sides under our host are %q", sides)
	}
}
