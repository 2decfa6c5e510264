package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
)

// The elements of JUnit's XML, with attributes and elements in the order of Ant's schema, which is the strictest and
// which Jenkins' (junit-10.xsd) takes, too. There is no standard.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Timestamp  string          `xml:"timestamp,attr"` // without a zone, which Ant's schema forbids: it is UTC
		Hostname   string          `xml:"hostname,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"` // left out; what was not decided is an error, and must not pass
		Time       string          `xml:"time,attr"`    // seconds
		Package    string          `xml:"package,attr"`
		ID         int             `xml:"id,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out"`
		Err        string          `xml:"system-err"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name    string        `xml:"name,attr"`
		Class   string        `xml:"classname,attr"`
		Time    string        `xml:"time,attr"` // seconds
		Skipped *string       `xml:"skipped"`   // why; some schemas permit no attribute
		Error   *junitProblem `xml:"error"`
		Failure *junitProblem `xml:"failure"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit prints a test case for each gate of a check and for its positive control: a regression is a failure, what was
// not decided an error, and a gate that was left out is skipped, so that nothing passes but what did. Of a run without
// a check it prints one for each cell, and one for each reason why the run is inconclusive.
func JUnit(w io.Writer, a *analysis.Analysis) error {
	length := a.Run.Seconds
	suite := junitSuite{Name: "forktax", Package: "forktax", Hostname: "localhost",
		Timestamp: a.Run.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"run", a.Run.ID}, {"seed", strconv.FormatUint(a.Run.Seed, 10)},
			{"version", a.Run.Version}, {"cpu", a.Environment.CPU}}}
	if a.Check != nil {
		suite.Name, length = "forktax check", a.Check.Seconds
		suite.Properties = append(suite.Properties, junitProperty{"verdict", a.Check.Verdict})
		suite.Cases = checkCases(a.Check)
	} else {
		suite.Cases = runCases(a)
	}
	suite.Tests, suite.Time = len(suite.Cases), seconds(length)
	for i := range suite.Cases {
		c := &suite.Cases[i]
		// All are measured in turn, so that none has a time of its own. Shares add up to that of the suite.
		c.Time = seconds(length / float64(suite.Tests))
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Error != nil {
			suite.Errors++
		}
		if c.Skipped != nil {
			suite.Skipped++
		}
	}
	w = foreign.NewWriter(w) // XML replaces most control characters, and not those above 0x7f
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// checkCases has a last case for a verdict that no gate and no control gives the reason of.
func checkCases(c *analysis.Check) (cases []junitCase) {
	needs := ""
	if c.Needs != "" {
		needs = "it needs: " + c.Needs
	}
	passed := true
	add := func(class, name, verdict, found string) {
		t := junitCase{Class: "forktax.check" + class, Name: name}
		switch verdict {
		case analysis.Pass:
		case analysis.Regression:
			t.Failure = &junitProblem{Message: found, Type: verdict, Text: checkTerms(c)}
		default:
			t.Error = &junitProblem{Message: found, Type: analysis.Undecided, Text: needs}
		}
		passed = passed && verdict == analysis.Pass
		cases = append(cases, t)
	}
	for _, g := range c.Gates {
		name := spoken(g.Metric)
		if load := gateLoad(g); load != "" {
			name += ", " + load
		}
		add("."+g.Workload+"/"+g.Request, name, g.Verdict, gateFound(g))
	}
	for _, l := range c.LeftOut {
		cases = append(cases, junitCase{Class: "forktax.check", Name: spoken(l.Gate), Skipped: &l.Why})
	}
	if c.Control != nil {
		verdict := analysis.Undecided
		if c.Control.Found {
			verdict = analysis.Pass
		}
		add("", "positive control", verdict, controlText(c.Control))
	}
	if passed && c.Verdict != analysis.Pass {
		add("", "verdict", c.Verdict, checkHeadline(c))
	}
	return cases
}

func runCases(a *analysis.Analysis) []junitCase {
	var cases []junitCase
	for _, c := range a.Cells {
		t := junitCase{Class: "forktax.run." + c.Workload + "/" + c.Request,
			Name: fmt.Sprintf("%s, %s, %s", c.Model, c.Load, c.Engine)}
		if c.Errors > 0 {
			t.Error = &junitProblem{Message: fmt.Sprintf("%d of %d requests failed: %s", c.Errors, c.Requests, c.ErrorsByClass),
				Type: "errors", Text: analysis.FormatLog(c.LogLines)}
		}
		cases = append(cases, t)
	}
	n := 0
	for _, w := range a.Warnings {
		if w.Code == analysis.Inconclusive {
			n++
			cases = append(cases, junitCase{Class: "forktax.run", Name: fmt.Sprintf("conclusive %d", n),
				Error: &junitProblem{Message: w.Text, Type: w.Code, Text: w.Advice}})
		}
	}
	if !a.Run.Complete {
		cases = append(cases, junitCase{Class: "forktax.run", Name: "complete",
			Error: &junitProblem{Message: "the run was not completed: " + a.Run.Condition, Type: "incomplete"}})
	}
	return cases
}

// seconds prints them without an exponent, which the schemas forbid.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }
