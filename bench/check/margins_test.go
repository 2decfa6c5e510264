package check_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/check"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

func TestValidateMargins(t *testing.T) {
	for name, test := range map[string]struct {
		margins map[string]plan.Margin
		gates   []string
		want    string
	}{
		"counted gates": {map[string]plan.Margin{"files_opened": {Share: 0.5, Count: 20}, "processes": {Count: 1}}, nil,
			""},
		"a measured gate": {map[string]plan.Margin{"cpu_per_request": {Share: 0.09}}, nil, ""},
		"unknown": {map[string]plan.Margin{"latency": {Share: 0.05}}, nil, `--margin latency=5%: unknown gate "latency"; ` +
			"gates are processes, files_opened, connections, page_faults, cpu_per_request, " +
			"response_p50, response_p90, throughput"},
		"not in gates": {map[string]plan.Margin{"files_opened": {Share: 0.2}}, []string{"response_p50", "throughput"},
			"--margin files_opened=20%: files_opened is not in --gates (response_p50, throughput)"},
		"negative": {map[string]plan.Margin{"files_opened": {Share: -0.2}}, nil,
			"--margin files_opened=-20%: must be at least 0%"},
		"a count for a measured gate": {map[string]plan.Margin{"page_faults": {Share: 0.05, Count: 9}}, nil, "--margin " +
			"page_faults=5%,+9: page_faults is measured, not counted; give a percentage only, such as page_faults=5%"},
		"equal to must-catch": {map[string]plan.Margin{"page_faults": {Share: 0.1}}, nil,
			"--must-catch 10%: must be greater than the margin of page_faults (10%)"},
		"a count above must-catch": {map[string]plan.Margin{"connections": {Share: 2}}, nil, ""},
	} {
		counted, measured := analysis.Gated()
		o := check.Options{Base: "a", Candidate: "b", Margin: 0.03, Margins: test.margins, MustCatch: 0.1, Alpha: 0.01,
			Budget: time.Minute, Gates: slices.Concat(counted, measured)}
		if test.gates != nil {
			o.Gates = test.gates
		}
		got, err := "", o.Validate()
		var invalid *subject.OptionError
		if errors.As(err, &invalid) {
			got = invalid.Error()
		}
		if got != test.want || (err != nil) != (test.want != "") {
			t.Errorf("%s: Validate = %v, want %s", name, err, test.want)
		}
	}
}

// The recorded margins are the defaults of the counted gates in use and the margins that the user gives.
func TestMargins(t *testing.T) {
	o := check.Options{Gates: []string{"files_opened", "processes", "cpu_per_request"}, Margins: map[string]plan.Margin{
		"processes": {Count: 1}, "cpu_per_request": {Share: 0.05}}}
	want := map[string]plan.Margin{"files_opened": {Share: 0.2, Count: 10}, "processes": {Count: 1},
		"cpu_per_request": {Share: 0.05}}
	if diff := cmp.Diff(want, check.MarginsOf(&o)); diff != "" {
		t.Errorf("margins (-want +got):\n%s", diff)
	}
}
