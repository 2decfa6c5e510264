package merge_test

import (
	"strings"
	"testing"
	"time"

	"forktax/bench/merge"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// The clocks of parts are compared with the offset on which most of them agree. A reading that contradicts an earlier
// one does not hide that a part began at the wrong time.
func TestClocks(t *testing.T) {
	const ms, s = int64(time.Millisecond), int64(time.Second)
	between := func(low, high int64) record.ClockOffset { return record.ClockOffset{LowNS: low, HighNS: high} }
	of := func(c ...record.ClockOffset) []record.ClockOffset { return c }
	whole := plan.Plan{Cells: []plan.Cell{{}, {}}}
	for name, test := range map[string]struct {
		readings [][]record.ClockOffset
		ahead    []int64    // ms
		problems [][]string // beginnings; none means nothing
	}{
		"alike": {[][]record.ClockOffset{of(between(-2*ms, 2*ms)), of(between(0, 4*ms)), of(between(-4*ms, 0))},
			[]int64{0, 0, 0}, [][]string{{}, {}, {}}},
		"10 s ahead": {[][]record.ClockOffset{of(between(-2*ms, 2*ms)), of(between(-10*s, -10*s+4*ms)),
			of(between(-1*ms, 3*ms))}, []int64{0, -9995, 0},
			[][]string{{}, {"its clock is at least 9.995s ahead of that of part "}, {}}},
		"10 s ahead, then adjusted": {[][]record.ClockOffset{of(between(-2*ms, 2*ms), between(-2*ms, 2*ms)),
			of(between(-10*s, -10*s+4*ms), between(-1*ms, 3*ms)), of(between(-1*ms, 3*ms))}, []int64{0, -9995, 0},
			[][]string{{}, {"its clock, or that of the server, was adjusted, or drifted, by at least 9.995s during",
				"its clock is at least 9.995s ahead of that of part "}, {}}},
		"drift": {[][]record.ClockOffset{of(between(0, ms), between(2*ms, 3*ms)), of(between(0, 2*ms))}, []int64{1, 0},
			[][]string{{}, {}}},
		"much drift": {[][]record.ClockOffset{of(between(0, ms), between(60*ms, 61*ms)), of(between(0, 2*ms))},
			[]int64{59, 0}, [][]string{{"its clock, or that of the server, was adjusted, or drifted, by at least 59ms during",
				"its clock is at least 59ms behind that of part "}, {}}},
		"two that differ, and one that is hardly known": {[][]record.ClockOffset{of(between(-302*ms, -298*ms)),
			of(between(-500*ms, 500*ms)), of(between(298*ms, 302*ms))}, []int64{0, 0, 596},
			[][]string{{}, {"how its clock differs from the others is known within 500ms only"},
				{"its clock is at least 596ms behind that of part 1/3"}}},
		"none agree": {[][]record.ClockOffset{of(between(-10*s, -10*s+ms)), of(between(0, ms)), of(between(2*ms, 3*ms))},
			[]int64{-9999, 0, 1}, [][]string{{"its clock is at least 9.999s ahead of that of part 2/3"}, {}, {}}},
		"read at the end only": {[][]record.ClockOffset{of(between(0, ms)),
			of(record.ClockOffset{Unknown: "there was no time to read it"}, between(ms, 2*ms))}, []int64{0, 0},
			[][]string{{}, {}}},
		"unknown": {[][]record.ClockOffset{of(between(0, ms)), of(record.ClockOffset{Unknown: "the server sends no Date"}),
			of()}, []int64{0, 0, 0}, [][]string{{},
			{"how its clock differs from the others is unknown: the server sends no Date"},
			{"how its clock differs from the others is unknown: it ended before it read it"}}},
	} {
		ahead, problems := merge.JudgeClocks(whole, test.readings...)
		for i := range test.readings {
			if got := ahead[i].Milliseconds(); got != test.ahead[i] {
				t.Errorf("%s: part %d is ahead by %d ms, want %d", name, i+1, got, test.ahead[i])
			}
			if len(problems[i]) != len(test.problems[i]) {
				t.Errorf("%s: problems of part %d are %q, want %q", name, i+1, problems[i], test.problems[i])
				continue
			}
			for k, want := range test.problems[i] {
				if !strings.HasPrefix(problems[i][k], want) {
					t.Errorf("%s: problems of part %d are %q, want %q", name, i+1, problems[i], test.problems[i])
				}
			}
		}
	}
}

// If the clock of a server differs from that of any part, phases that need a common clock are left out.
func TestOtherClocksOfParts(t *testing.T) {
	var same, other record.Result
	other.Plan.OtherClocks = []subject.OtherClock{{Model: "a", OffsetNS: 5}}
	merged := merge.OtherClocks(same, other, other)
	if got := merged.OtherClocks; len(got) != 1 || got[0].Model != "a" {
		t.Errorf("OtherClocks = %v, want one of a", got)
	}
}

// Parts on processors of one kind measure the same programs, whichever part is the first.
func TestSamePrograms(t *testing.T) {
	on := func(arch, hash string) (r record.Result) {
		r.Environment.Arch = arch
		r.Environment.Programs = []record.Program{{Workload: "candidate", SHA256: hash}}
		return r
	}
	if err := merge.SamePrograms(on("amd64", "1"), on("arm64", "2"), on("arm64", "2"), on("amd64", "1")); err != nil {
		t.Error(err)
	}
	err := merge.SamePrograms(on("amd64", "1"), on("arm64", "2"), on("arm64", "3"))
	if err == nil || !strings.Contains(err.Error(), "measured different programs") ||
		!strings.HasPrefix(err.Error(), "part 2/3 (") {
		t.Errorf("SamePrograms = %v, want an error about parts 2 and 3", err)
	}
	// The files may have other names.
	base := func(name, hash string) (r record.Result) {
		r.Environment.Programs = []record.Program{{Workload: "host", SHA256: "0"},
			{Workload: name, Variants: []string{"base"}, SHA256: hash},
			{Workload: "new", Variants: []string{"new"}, SHA256: "9"}}
		return r
	}
	if err := merge.SamePrograms(base("v1.cgi", "1"), base("v1-again.cgi", "1")); err != nil {
		t.Error(err)
	}
	if err := merge.SamePrograms(base("v1.cgi", "1"), base("v2.cgi", "2")); err == nil {
		t.Error("SamePrograms accepts two bases")
	}
}
