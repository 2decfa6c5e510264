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

// shownByGitLab returns the text that GitLab shows for a failure, an error or a skipped case. GitLab reads the elements
// with Active Support's Hash.from_xml. It turns an element with text into the text, without its attributes, and any
// other element into a Hash.
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

// The text of a case that did not pass begins with its message, which is the finding. So tools that show the message
// and tools that show only the text both show the finding.
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
