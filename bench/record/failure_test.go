package record_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/record"
)

// failingBlock records a block with these observations and excerpts, and returns it as Read returns it.
func failingBlock(t *testing.T, seen []record.Observation, excerpts map[string]string) record.Block {
	t.Helper()
	r, err := record.Create(t.TempDir(), record.Head{Schema: record.Schema,
		Plan: record.Plan{Cells: make([]record.Cell, 1)}})
	if err != nil {
		t.Fatal(err)
	}
	r.Begin()
	r.Observe(seen)
	for class, text := range excerpts {
		r.ObserveExcerpt(class, []byte(text))
		r.ObserveExcerpt(class, []byte("of another core"))
	}
	if err := r.End(record.Block{LengthNS: 1}); err != nil {
		t.Fatal(err)
	}
	result, err := record.Read(r.Dir)
	if err != nil {
		t.Fatal(err)
	}
	return result.Blocks[0]
}

// statuses returns failed observations with these statuses; 0 stands for a successful one.
func statuses(all ...int) (seen []record.Observation) {
	for _, status := range all {
		o := record.Observation{Status: status, Err: record.ErrWrongStatus}
		if status == 0 {
			o = record.Observation{Status: 200}
		}
		seen = append(seen, o)
	}
	return seen
}

func TestFailures(t *testing.T) {
	many := statuses(make([]int, 1000)...)
	for range 7772 {
		many = append(many, statuses(502)...)
	}
	for name, test := range map[string]struct {
		seen     []record.Observation
		excerpts map[string]string
		want     string
	}{
		"a flood": {many, map[string]string{record.ErrWrongStatus: "\r\n <h1>\x1b[2J Bad\tGateway\xff</h1>\n more"},
			`7772 wrong status; 502 7,772 times, from request 1,001 on, first line "<h1>[2J Bad Gateway</h1>"`},
		"one": {statuses(0, 500), nil, "1 wrong status; 500 once, from request 2 on"},
		"more statuses than counted": {statuses(500, 501, 502, 503, 504, 505, 501), nil,
			"7 wrong status; 500 once, 501 2 times, 502 once, 503 once, others 2 times, from the first request on"},
		"several classes": {append(statuses(0, 0, 404), record.Observation{Err: record.ErrClosed}), nil,
			"1 closed, 1 wrong status; closed: from request 4 on; wrong status: 404 once, from request 3 on"},
		"a long line": {[]record.Observation{{Err: record.ErrWrongBody}},
			map[string]string{record.ErrWrongBody: strings.Repeat("é", 130)},
			`1 wrong body; from the first request on, first line "` + strings.Repeat("é", 100) + `"`},
		"blank lines": {[]record.Observation{{Err: record.ErrWrongBody}}, map[string]string{record.ErrWrongBody: "\n \n"},
			`1 wrong body; from the first request on, first line "of another core"`},
	} {
		if got := failingBlock(t, test.seen, test.excerpts).FailureText(); got != test.want {
			t.Errorf("%s: FailureText() = %q, want %q", name, got, test.want)
		}
	}
}

// A block without failed requests has no Failures, and a block of an older record lists the classes.
func TestNoFailures(t *testing.T) {
	if b := failingBlock(t, statuses(0, 0), nil); b.Failures != nil {
		t.Errorf("a block without failures has %v", b.Failures)
	}
	var older record.Block
	if err := json.Unmarshal([]byte(`{"requests": 3, "errors": {"wrong status": 2, "closed": 1}}`), &older); err != nil {
		t.Fatal(err)
	}
	if got, want := older.FailureText(), "1 closed, 2 wrong status"; got != want {
		t.Errorf("FailureText() of an older block = %q, want %q", got, want)
	}
}

func TestFailuresOfSeveralBlocks(t *testing.T) {
	all := record.Failures{}
	all.Merge(nil, 0)
	all.Merge(failingBlock(t, statuses(0, 502), nil).Failures, 100)
	all.Merge(failingBlock(t, statuses(502, 500), map[string]string{record.ErrWrongStatus: "no"}).Failures, 102)
	want := record.Failures{record.ErrWrongStatus: {First: 102, FirstLine: "no",
		Statuses: []record.StatusCount{{Status: 502, Count: 2}, {Status: 500, Count: 1}}}}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	all.ForgetFirst()
	got := all.Describe(record.Counts{record.ErrWrongStatus: 3})
	if want := `3 wrong status; 502 2 times, 500 once, first line "no"`; got != want {
		t.Errorf("Describe = %q, want %q", got, want)
	}
}
