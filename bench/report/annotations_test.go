package report_test

import (
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
)

// Text that would end a workflow command or its property is escaped. Text of a program never becomes a command.
func TestAnnotationsAreEscaped(t *testing.T) {
	a := checked(t, "regression")
	a.Check.Gates[0].Why = "100%\r\n::set-env name=PATH::/tmp"
	a.Warnings = append(a.Warnings, analysis.Warning{Code: "a:b,c\n", Text: "text: a, b", Advice: "50%"})
	lines := strings.Split(strings.TrimSuffix(string(analysistest.Print(t, "github", a)), "\n"), "\n")
	for _, line := range lines {
		if !strings.HasPrefix(line, "::error title=forktax") && !strings.HasPrefix(line, "::warning title=forktax") &&
			!strings.HasPrefix(line, "::notice title=forktax") {
			t.Errorf("line is not a command of forktax: %q", line)
		}
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"100%25%0D%0A::set-env name=PATH::/tmp.",
		"::warning title=forktax%3A a%3Ab%2Cc%0A::text: a, b; 50%25.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the annotations do not have %q:\n%s", want, text)
		}
	}
	if last := lines[len(lines)-1]; last != "::notice title=forktax check::regression: the median response time of app/front grew by 10.3%25" {
		t.Errorf("the last annotation is %q, want the verdict", last)
	}
}

// Without a check the notice describes the run.
func TestAnnotationsOfARun(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	a.Warnings = nil
	if got := string(analysistest.Print(t, "github", a)); !strings.HasPrefix(got,
		"::notice title=forktax::run "+a.Run.ID) ||
		strings.Count(got, "\n") != 1 {
		t.Errorf("the annotations of a run without warnings are %q", got)
	}
}
