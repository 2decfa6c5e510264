package report_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/machine"
	"forktax/bench/report"
)

// examined is a machine with a finding of each verdict.
var examined = machine.Examination{Findings: []machine.Finding{
	{Name: "cores", Found: "2", Verdict: machine.Fit},
	{Name: "steal", Found: "2.1 %", Verdict: machine.Unfit, Spoils: "rounds are invalid", Advice: "wait"},
	{Name: "strace", Found: "missing", Verdict: machine.Doubtful, Spoils: "explain is blind", Advice: "install it"},
	{Name: "ports", Found: "not known | here", Verdict: machine.Unknown},
	{Name: "git", Found: "installed", Verdict: machine.Fit, For: "git refs"},
	{Name: "slapd", Found: "missing", Verdict: machine.Doubtful, For: "members", Spoils: "members cannot be had",
		Advice: "get it"},
}}

func told(t *testing.T, format string, e machine.Examination) string {
	t.Helper()
	print, found := report.Examinations[format]
	if !found {
		t.Fatalf("there is no format %q", format)
	}
	var b strings.Builder
	if err := print(&b, &e); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExaminationText(t *testing.T) {
	want := `This machine is not fit to measure on: steal.

In two seconds
looked at  verdict  found             
──────────────────────────────────────
cores      ok       2                 
steal      unfit    2.1 %             
strace     warning  missing           
ports      unknown  not known | here  

What that spoils, and what to do
  steal (unfit): rounds are invalid; wait.
  strace (warning): explain is blind; install it.

Outside programs, without each of which the rest works
program  verdict  found      only for  
───────────────────────────────────────
git      ok       installed  git refs  
slapd    warning  missing    members   

What is left out, and how to get it
  slapd (warning): members cannot be had; get it.
`
	if diff := cmp.Diff(want, told(t, "text", examined)); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

func TestExaminationMarkdown(t *testing.T) {
	want := `# Is this machine fit to measure on?

This machine is not fit to measure on: steal.

| looked at | verdict | found | what it spoils | what to do |
| --- | --- | --- | --- | --- |
| cores | ok | 2 |  |  |
| steal | unfit | 2.1 % | rounds are invalid | wait |
| strace | warning | missing | explain is blind | install it |
| ports | unknown | not known \| here |  |  |

## Outside programs

Each is for one thing, and the rest works without it.

| program | verdict | found | only for | how to get it |
| --- | --- | --- | --- | --- |
| git | ok | installed | git refs |  |
| slapd | warning | missing | members | get it |
`
	if diff := cmp.Diff(want, told(t, "markdown", examined)); diff != "" {
		t.Errorf("markdown (-want +got):\n%s", diff)
	}
}

func TestExaminationJSON(t *testing.T) {
	var got machine.Examination
	if err := json.Unmarshal([]byte(told(t, "json", examined)), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(examined, got); diff != "" {
		t.Errorf("json, read again (-want +got):\n%s", diff)
	}
}

// The first line is the verdict.
func TestExaminationSays(t *testing.T) {
	for want, findings := range map[string][]machine.Finding{
		"This machine is fit to measure on.":                 {examined.Findings[0], examined.Findings[3]},
		"This machine is fit to measure on; but see strace.": examined.Findings[2:],
		"This machine is not fit to measure on: steal, disk.": {
			examined.Findings[1], examined.Findings[2], {Name: "disk", Verdict: machine.Unfit}},
	} {
		got, _, _ := strings.Cut(told(t, "text", machine.Examination{Findings: findings}), "\n")
		if got != want {
			t.Errorf("text begins with %q, want %q", got, want)
		}
	}
}
