package report

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
)

// Elements of JUnit XML. There is no standard. Attributes and elements are in the order of Ant's schema, which is the
// strictest and is compatible with Jenkins' schema (junit-10.xsd).
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
		Skipped    int             `xml:"skipped,attr"` // left out; an undecided gate is an error, and must not pass
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
		Skipped *string       `xml:"skipped"`   // the reason; some schemas permit no attribute
		Error   *junitProblem `xml:"error"`
		Failure *junitProblem `xml:"failure"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// newProblem returns a failure or an error. Its text begins with the message, because GitLab reads the file with Active
// Support. That drops the attributes of an element with text, and turns an element without text into a Hash, which
// GitLab prints.
func newProblem(kind, message, more string) *junitProblem {
	message = cmp.Or(strings.TrimSpace(message), kind)
	text := message
	if more = strings.TrimSpace(more); more != "" {
		text += "\n" + more
	}
	return &junitProblem{Message: message, Type: kind, Text: text}
}

// newSkipped returns the reason why a case was skipped. It is never empty: GitLab would print a Hash.
func newSkipped(why string) *string { return new(cmp.Or(strings.TrimSpace(why), analysis.GateLeftOut)) }

// JUnit prints a test case for each gate of a check and for its positive control. A regression is a failure, an
// undecided gate is an error, and a gate that was left out is skipped, so only a gate with the verdict pass passes. For
// a run without a check it prints a test case for each cell, and for each reason why the run is inconclusive or
// incomplete.
func JUnit(w io.Writer, a *analysis.Analysis) error {
	a = respell(a, inLine)
	length := a.Run.Seconds
	suite := junitSuite{Name: "forktax", Package: "forktax", Hostname: "localhost",
		Timestamp: a.Run.Started.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"run", a.Run.ID}, {"seed", strconv.FormatUint(a.Run.Seed, 10)},
			{"version", a.Run.Version}, {"cpu", a.Environment.CPU}}}
	if a.Check != nil {
		suite.Name, length = "forktax check", a.Check.Seconds
		suite.Properties = append(suite.Properties, junitProperty{"verdict", a.Check.Verdict})
		suite.Properties = append(suite.Properties, marginProperties(a.Check)...)
		suite.Out = strings.Join(changedLines(a.Check), "\n")
		suite.Cases = checkCases(a.Check)
	} else {
		suite.Cases = runCases(a)
	}
	suite.Tests, suite.Time = len(suite.Cases), seconds(length)
	for i := range suite.Cases {
		c := &suite.Cases[i]
		// Cases are measured in turn, so none has a time of its own. Each has an equal share of the suite's time.
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
	w = foreign.NewWriter(w) // encoding/xml replaces most control characters, but not those above 0x7f
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

// marginProperties returns the margins of the gates, each with its metric and without duplicates.
func marginProperties(c *analysis.Check) (all []junitProperty) {
	for _, g := range c.Gates {
		p := junitProperty{"margin of " + g.Metric, g.MarginText()}
		if p.Value != "" && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}

// checkCases returns the test cases of a check. If no gate and no control explains the verdict, the last case has it.
func checkCases(c *analysis.Check) (cases []junitCase) {
	needs := ""
	if c.Needs != "" {
		needs = "needed: " + c.Needs
	}
	passed := true
	add := func(class, name, verdict, found string) {
		t := junitCase{Class: "forktax.check" + class, Name: name}
		switch verdict {
		case analysis.Pass:
		case analysis.Regression:
			t.Failure = newProblem(verdict, found, checkTerms(c))
		case analysis.Unbounded:
			t.Skipped = newSkipped(found)
		default:
			if c.Verdict == analysis.Regression && (verdict == analysis.Undecided || verdict == analysis.Unconfirmed) {
				t.Skipped = newSkipped(found) // the check ended before this gate was decided
			} else {
				t.Error = newProblem(verdict, found, needs)
			}
		}
		passed = passed && (verdict == analysis.Pass || verdict == analysis.Unbounded)
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
		cases = append(cases, junitCase{Class: "forktax.check", Name: spoken(l.Gate), Skipped: newSkipped(l.Why)})
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
			found := fmt.Sprintf("%d of %d requests failed: %s", c.Errors, c.Requests, c.ErrorsByClass)
			t.Error = newProblem("errors", found, strings.TrimPrefix(analysis.FormatLog(c.LogLines), "; "))
		}
		cases = append(cases, t)
	}
	for _, s := range a.ColdStarts {
		cases = append(cases, junitCase{Class: "forktax.run." + s.Workload + "/" + s.Request, Name: s.Model + ", cold"})
	}
	n := 0
	for _, w := range a.Warnings {
		if w.Code == analysis.Inconclusive {
			n++
			cases = append(cases, junitCase{Class: "forktax.run", Name: fmt.Sprintf("conclusive %d", n),
				Error: newProblem(w.Code, w.Text, w.Advice)})
		}
	}
	if !a.Run.Complete {
		cases = append(cases, junitCase{Class: "forktax.run", Name: "complete",
			Error: newProblem("incomplete", "the run was not completed: "+a.Run.Condition, "")})
	}
	return cases
}

// seconds formats a number of seconds without an exponent, which the schemas forbid.
func seconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }
