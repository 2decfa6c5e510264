package report_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/explain"
	"forktax/bench/report"
)

// explanation returns an explanation with a part of each kind and trials of each verdict.
func explanation() *explain.Explanation {
	found := func(kind, name, detail string, cost int64, by, advice string) explain.Part {
		return explain.Part{Kind: kind, Name: name, Detail: detail, Cost: &cost, By: by, Advice: advice}
	}
	e := &explain.Explanation{
		Schema: 1, Program: []string{"/srv/cgi/page.py", "-v"}, Language: "Python", Executed: "/usr/bin/python3.11",
		Method: "GET", Path: "/x?y=1", Status: 200, ResponseBytes: 9158, Starts: 50,
		Exec: 223_000, FirstByte: 13_400_000, Ended: 15_900_000, CPU: 15_390_000, SystemShare: 0.285,
		MinorFaults: 1201, MajorFaults: 2, Traced: true,
		Parts: []explain.Part{
			found(explain.KindInterpreter, "/usr/bin/python3.11", "alone", 6_760_000, explain.ByStarts, "keep the process"),
			found(explain.KindImport, "json", "with 22 more, above all enum", 5_520_000, explain.ByImportTime,
				"import it where it is needed"),
			found(explain.KindScript, "/srv/cgi/page.py", "compiled and run", 1_554_000, explain.ByRest,
				"code in a module is compiled once"),
			found(explain.KindFault, "1,201 page faults", "1.24 µs each", 1_490_000, explain.ByEstimate, "touch less memory"),
			found(explain.KindWait, "waiting, with no processor at work", "", 1_400_000, explain.ByClock,
				"see its processes and connections"),
			found(explain.KindProcess, "/usr/bin/uname", "2 times", 1_200_000, explain.ByLoading, "do it in the program itself"),
			found(explain.KindExec, "/srv/cgi/a/folder/with/a/long/name/page.py", "by /usr/bin/env", 700_000, explain.ByLoading,
				"name it by its path in line 1"),
			found(explain.KindConnection, "tcp 127.0.0.1:5432", "2 times", 150_000, explain.ByReplay,
				"keep the process, and connected"),
			found(explain.KindInit, "example.com/a/package/of/a/long/path", "95 allocations", 97_000, explain.ByInitTrace,
				"on first use, by sync.OnceValue"),
			found(explain.KindLinker, "/lib64/ld-linux-x86-64.so.2", "303 relocations", 63_700, explain.ByLinker, ""),
			found(explain.KindMissing, "37 files looked for in vain", "most in /usr/bin", 26_000, explain.ByReplay,
				"fewer folders in sys.path"),
			found(explain.KindLibrary, "/lib/x86_64-linux-gnu/libm.so.6", "", 8_280, explain.ByReplay, "link statically"),
		},
		Untried: []string{"keeping the process", "linking statically"},
		Notes: []explain.Note{
			{Text: "it answers and then fails: exit status 3", Advice: "a server may log that as an error"},
		},
	}
	e.Parts[5].Late = true
	for _, ns := range []int64{5_000, 4_000, 3_000, 2_000, 990} {
		e.Parts = append(e.Parts, found(explain.KindFile, "/etc/file", "", ns, explain.ByReplay, ""))
	}
	e.Parts = append(e.Parts,
		explain.Part{Kind: explain.KindFork, Name: "/usr/bin/bash", Detail: "21 times"},
		explain.Part{Kind: explain.KindThread, Name: "3 more threads"},
		explain.Part{Kind: explain.KindFile, Name: "/dev/urandom"})
	ratio := func(verdict string, r, low, high float64) explain.Trial {
		ns := func(r float64) *int64 { return new(int64(15.9e6 * (1 - r))) }
		return explain.Trial{Name: "python3 -S", About: "no installed packages", Verdict: verdict, Pairs: 40,
			Base: 15_900_000, Ratio: &r, RatioLow: &low, RatioHigh: &high, Saves: ns(r), SavesLow: ns(high),
			SavesHigh: ns(low), Confidence: 0.99}
	}
	e.Seed = 471_100
	e.Trials = []explain.Trial{
		ratio(explain.Saves, 0.77, 0.75, 0.80),
		ratio(explain.Costs, 1.10, 1.05, 1.15),
		ratio(explain.NoneFound, 1.001, 0.99, 1.012),
		{Name: "python3 -I", Verdict: explain.NotUsable, Why: "status 500 in place of 200"},
		{Name: "LC_ALL=C", About: "no locale files", Verdict: explain.TooFewSeen, Pairs: 3},
	}
	return e
}

func printed(t *testing.T, format string, e *explain.Explanation) string {
	t.Helper()
	f, ok := report.Explanations[format]
	if !ok {
		t.Fatalf("unknown format %q", format)
	}
	var got bytes.Buffer
	if err := f(&got, e); err != nil {
		t.Fatal(err)
	}
	return got.String()
}

func TestExplanationText(t *testing.T) {
	got := printed(t, "text", explanation())
	golden(t, "explanation.txt", []byte(got))
	_, table, _ := strings.Cut(got, "\n\n")
	for line := range strings.Lines(table) { // the tables fit a terminal of 100 columns
		if width := utf8.RuneCountInString(strings.TrimRight(line, " \n")); width > 100 {
			t.Errorf("a line is %d wide, want at most 100: %s", width, line)
		}
	}
}

// If little is known about a program, its report is short.
func TestExplanationOfLittle(t *testing.T) {
	got := printed(t, "text", &explain.Explanation{Program: []string{"/srv/cgi/a.cgi"}, Executed: "/srv/cgi/a.cgi",
		Method: "GET", Path: "/", Status: 200, ResponseBytes: 2, Starts: 6, Exec: 200_000, FirstByte: 500_000,
		Ended: 600_000})
	want := `/srv/cgi/a.cgi · GET / · 200, 2 bytes · median of 6 starts
fork and exec took 200 µs · first byte after 500 µs · ended after 600 µs
CPU time 0 ns, 0% of it in the kernel · 0 page faults, 0 of them from disk
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// The JSON is the whole explanation.
func TestExplanationJSON(t *testing.T) {
	var got explain.Explanation
	if err := json.Unmarshal([]byte(printed(t, "json", explanation())), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*explanation(), got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if names := report.Explanations.Names(); !slices.Equal(names, []string{"json", "text"}) {
		t.Errorf("Explanations.Names() = %q", names)
	}
}
