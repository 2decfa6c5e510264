package report_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/machine"
	"forktax/bench/report"
)

// assessed is a machine with a finding of each verdict.
var assessed = machine.Assessment{Findings: []machine.Finding{
	{Name: "cores", Found: "2", Verdict: machine.Fit},
	{Name: "steal", Found: "2.1%", Verdict: machine.Unfit, Effect: "rounds are invalid", Advice: "wait"},
	{Name: "strace", Found: "missing", Verdict: machine.Doubtful, Effect: "explain is blind", Advice: "install it"},
	{Name: "ports", Found: "not known | here", Verdict: machine.Unknown},
	{Name: "git", Found: "installed", Verdict: machine.Fit, NeededFor: "git refs"},
	{Name: "slapd", Found: "missing", Verdict: machine.Doubtful, NeededFor: "members", Effect: "members cannot be had",
		Advice: "get it"},
}}

func told(t *testing.T, format string, e machine.Assessment) string {
	t.Helper()
	print, found := report.Assessments[format]
	if !found {
		t.Fatalf("unknown format %q", format)
	}
	var b strings.Builder
	if err := print(&b, &e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestAssessmentText(t *testing.T) {
	want := `This machine is not suitable for measurements: steal.

Checks (2 s)
check   verdict  found
─────────────────────────────────
cores   ok       2
steal   unfit    2.1%
strace  warning  missing
ports   unknown  not known | here

Effects and advice
  steal (unfit): rounds are invalid; wait.
  strace (warning): explain is blind; install it.

External programs (optional)
program  verdict  found      needed for
───────────────────────────────────────
git      ok       installed  git refs
slapd    warning  missing    members

Missing programs
  slapd (warning): members cannot be had; get it.
`
	if diff := cmp.Diff(want, told(t, "text", assessed)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestAssessmentMarkdown(t *testing.T) {
	want := `# Machine check

This machine is not suitable for measurements: steal.

| check | verdict | found | effect | advice |
| --- | --- | --- | --- | --- |
| cores | ok | 2 |  |  |
| steal | unfit | 2.1% | rounds are invalid | wait |
| strace | warning | missing | explain is blind | install it |
| ports | unknown | not known \| here |  |  |

## External programs

Each is optional: only the named feature needs it.

| program | verdict | found | needed for | how to install |
| --- | --- | --- | --- | --- |
| git | ok | installed | git refs |  |
| slapd | warning | missing | members | get it |
`
	if diff := cmp.Diff(want, told(t, "markdown", assessed)); diff != "" {
		t.Errorf("markdown (-want +got):\n%s", diff)
	}
}

func TestAssessmentJSON(t *testing.T) {
	var got machine.Assessment
	if err := json.Unmarshal([]byte(told(t, "json", assessed)), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(assessed, got); diff != "" {
		t.Errorf("json, read again (-want +got):\n%s", diff)
	}
}

// The first line is the verdict.
func TestAssessmentSays(t *testing.T) {
	measured := []machine.SmallestChange{{Gate: "response_p50", Change: 0.04}}
	for want, e := range map[string]machine.Assessment{
		"This machine is suitable for measurements.": {SmallestChange: measured,
			Findings: []machine.Finding{assessed.Findings[0], assessed.Findings[3]}},
		"This machine is suitable for measurements; see strace.": {SmallestChange: measured, Findings: assessed.Findings[2:]},
		"No problem found, but the smallest change that a check finds was not measured; see strace.": {
			Findings: assessed.Findings[2:]},
		"This machine is not suitable for measurements: steal, disk.": {Findings: []machine.Finding{
			assessed.Findings[1], assessed.Findings[2], {Name: "disk", Verdict: machine.Unfit}}},
	} {
		got, _, _ := strings.Cut(told(t, "text", e), "\n")
		if got != want {
			t.Errorf("text begins with %q, want %q", got, want)
		}
	}
}
