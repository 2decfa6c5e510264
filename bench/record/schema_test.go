package record_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// A run of schema 1 is read completely.
func TestReadSchema1(t *testing.T) {
	r, err := record.Read(filepath.Join("testdata", "schema1"))
	if err != nil {
		t.Fatal(err)
	}
	p := r.Plan
	if p.Starts != 4 || p.FewestStarts != 3 || p.MinRequests == 0 || p.CrossCheck != "hey" || len(p.Strides) == 0 ||
		p.FloorMissing == "" {
		t.Errorf("plan = %+v", p)
	}
	want := record.CheckSpec{
		Titles: map[string]string{"base": "a", "candidate": "b"}, Candidate: "candidate", Control: "control", Margin: 0.03,
		MustCatch: 0.1, Alpha: 0.01, Metrics: []string{"response_p50"},
		Counts: []record.StartCount{{Metric: "processes", Request: "hello", Of: map[string]int64{"base": 1, "candidate": 2}}},
		Stored: &record.StoredBaseline{File: "old.json", Run: "r", Ratios: []record.StoredRatio{
			{Request: "hello", Metric: "response_p50", Ratio: 1.5, Slack: 0.01}}},
		LeftOut: []record.LeftOut{{Gate: "files_opened", Why: "strace is missing"}},
	}
	if diff := cmp.Diff(&want, p.Check); diff != "" {
		t.Errorf("check (-want +got):\n%s", diff)
	}
	if b := r.Blocks[0]; b.Start != 2 || !cmp.Equal(b.LogLines, []string{"out of memory"}) {
		t.Errorf("block = %+v", b)
	}
}

// Each renamed key of schema 1 has its new name in schema 2, and large numbers stay exact.
func TestUpgradeAnalysis(t *testing.T) {
	const old = `{"schema":1,"run":{"groups":8,"referee_engine":"hey","seed":18446744073709551615},
		"cells":[{"complaints":["x"],"distribution":{"answers":[1]}}],"comparisons":[{"restarts":8}],
		"ladders":[{"steps":[{"renews":"process"}]}],
		"referee":[{"referee":"hey","referee_cpu_ns_per_request":5,"why":"they agree"}],
		"decisions":[{"second_core_rps":2,"savings":[{"at_most":true,"because":"phases"}]}],"knees":[{"untold_rps":[7]}],
		"check":{"groups":16,"why":"by each gate","gates":[{"why":"w"}],"left_out":[{"gate":"g","why":"y"}]}}`
	const want = `{"schema":2,"run":{"starts":8,"cross_check_engine":"hey","seed":18446744073709551615},
		"cells":[{"log":["x"],"distribution":{"responses":[1]}}],"comparisons":[{"starts":8}],
		"reuse_levels":[{"steps":[{"not_reused":"process"}]}],
		"cross_check":[{"cross_check_engine":"hey","cross_check_cpu_ns_per_request":5,"reason":"they agree"}],
		"decisions":[{"core_capacity_rps":2,"savings":[{"upper_bound":true,"source":"phases"}]}],
		"knees":[{"undecided_rps":[7]}],
		"check":{"starts":16,"reason":"by each gate","gates":[{"reason":"w"}],"left_out":[{"gate":"g","reason":"y"}]}}`
	got, err := record.UpgradeAnalysis([]byte(old))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(decoded(t, []byte(want)), decoded(t, got)); diff != "" {
		t.Errorf("UpgradeAnalysis (-want +got):\n%s", diff)
	}
	for text, want := range map[string]string{`{"schema":3}`: "unknown schema 3", `{"schema":0}`: "unknown schema 0",
		`{}`: "schema is missing", `[]`: "it is a list, not an object"} {
		if _, err := record.UpgradeAnalysis([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("UpgradeAnalysis(%s) = %v, want an error with %q", text, err, want)
		}
	}
}

func decoded(t *testing.T, text []byte) (v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// Upgrading the stored references, which are of schema 1, loses nothing.
func TestUpgradeOfReferences(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", "results", "reference", "*", "result.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no reference result found: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text, err = record.UpgradeAnalysis(text); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		var a analysis.Analysis
		if err := d.Decode(&a); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if a.Schema != 2 || a.Run.Starts == 0 && len(a.ColdStarts) == 0 {
			t.Errorf("%s: schema %d, %d starts", file, a.Schema, a.Run.Starts)
		}
	}
}
