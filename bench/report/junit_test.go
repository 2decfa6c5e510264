package report_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// shownByGitLab is what GitLab shows of a failure, an error or a reason to skip. It reads them with Active Support's
// Hash.from_xml, which makes a text of an element that has one, without its attributes, and otherwise a Hash.
func shownByGitLab(attributes []xml.Attr, text string) string {
	if strings.TrimSpace(text) != "" {
		return text
	}
	hash := []string{}
	for _, a := range attributes {
		hash = append(hash, a.Name.Local+"=>"+a.Value)
	}
	return "{" + strings.Join(hash, ", ") + "}"
}

// What a reader of JUnit's XML is shown of a case that did not pass begins with what was found, in a reader that shows
// the message and in one that shows the text alone.
func TestJUnitTextBeginsWithItsMessage(t *testing.T) {
	failing := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		return append(analysistest.TenResponses(c, round), analysistest.Failed("closed"))
	}}
	incomplete := analysistest.Analyze(t, failing.Record(t, 6))
	incomplete.Run.Complete, incomplete.Run.Condition = false, ""
	empty := checked(t, "left-out") // a check whose texts are missing
	empty.Check.LeftOut[0].Why, empty.Check.LeftOut[1].Why, empty.Check.Needs = "", " \n", " "
	alone := checked(t, "pass")
	alone.Check.Verdict, alone.Check.Why = analysis.Undecided, "too few starts"
	for name, a := range map[string]*analysis.Analysis{
		"a regression":                   checked(t, "regression"),
		"an inconclusive check":          checked(t, "inconclusive"),
		"gates left out, without reason": empty,
		"a verdict alone":                alone,
		"a run that failed":              incomplete,
	} {
		t.Run(name, func(t *testing.T) {
			type problem struct {
				Attributes []xml.Attr `xml:",any,attr"`
				Message    string     `xml:"message,attr"`
				Text       string     `xml:",chardata"`
			}
			var root struct {
				Cases []struct {
					Name     string    `xml:"name,attr"`
					Problems []problem `xml:",any"`
				} `xml:"testsuite>testcase"`
			}
			if err := xml.Unmarshal(analysistest.Print(t, "junit", a), &root); err != nil {
				t.Fatal(err)
			}
			shown := 0
			for _, c := range root.Cases {
				for _, p := range c.Problems {
					shown++
					got := shownByGitLab(p.Attributes, p.Text)
					if strings.HasPrefix(got, "{") || !strings.HasPrefix(got, p.Message) {
						t.Errorf("GitLab shows %q of %s, want it to begin with %q", got, c.Name, p.Message)
					}
				}
			}
			if shown == 0 {
				t.Error("no case failed or was skipped")
			}
		})
	}
}
