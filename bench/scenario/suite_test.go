package scenario_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"forktax/bench/scenario"
	"forktax/bench/subject"
)

// parsed parses the text of a suite.
func parsed(text string, command ...string) (*scenario.Suite, error) {
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	flags.String("baseline", "", "")
	if err := flags.Parse(command); err != nil {
		return nil, err
	}
	file, err := scenario.Parse("mine.yaml", []byte(text), flags, scenario.Names{Flag: same, Option: same})
	if err != nil {
		return nil, err
	}
	return file.Suite, nil
}

// Each mistake in a suite is a usage error with its line and column, and with what would be right.
func TestSuiteMistakes(t *testing.T) {
	cases, err := os.ReadFile("testdata/suite_mistakes.txt")
	if err != nil {
		t.Fatal(err)
	}
	for one := range strings.SplitSeq(strings.TrimSpace(string(cases)), "\n\n") {
		text, want, _ := strings.Cut(one, "\n=> ")
		_, err := parsed(text)
		if usage := new(subject.UsageError); !errors.As(err, &usage) || !strings.Contains(err.Error(), want) ||
			!strings.HasPrefix(err.Error(), "mine.yaml:") {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// The baseline is the first contender of its group, and by default the first of the file. A suite without groups has
// one with the name of the file.
func TestSuiteOrder(t *testing.T) {
	s, err := parsed("contenders: [{name: a, cgi: ./a}, {name: b, command: 'serve {port}'}]")
	if err != nil || s.Baseline != "a" || len(s.Groups) != 1 || s.Groups[0].Name != "mine" {
		t.Fatalf("suite = %+v, %v; want the baseline a and the group mine", s, err)
	}
	s, err = parsed(`
baseline: b
groups: {x: {requests: [/, {request: /y, header: "Accept: text/html"}]}, y: {}}
contenders:
- {name: a, cgi: ./a, group: y}
- {name: a, cgi: ./a, group: x}
- {name: b, cgi: b, group: x}
- {name: b, url: u, group: y}`)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range s.Contenders {
		names = append(names, c.Group+" "+c.Name)
	}
	if want := []string{"x b", "x a", "y b", "y a"}; !slices.Equal(names, want) {
		t.Errorf("contenders are %q, want %q", names, want)
	}
	if got := s.Groups[0].Weighted; len(got) != 2 || got[0].Request != "/" || len(got[1].Headers) != 1 {
		t.Errorf("requests are %+v", got)
	}
	s, err = parsed(`{baseline: b, contenders: [{name: a, cgi: ./a}, {name: b, cgi: b}]}`, "--baseline", "a")
	if err != nil || s.Baseline != "a" {
		t.Errorf("with --baseline a, the suite is %+v, %v", s, err)
	}
}
