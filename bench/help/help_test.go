package help_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"forktax/bench/help"
)

func TestNearest(t *testing.T) {
	names := []string{"clients", "workload", "rate"}
	for typed, want := range map[string]string{"client": "clients", "worklaod": "workload", "rte": "rate",
		"frobnicate": ""} {
		if got := help.Nearest(typed, names); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}

// Each visible flag of a command with many flags is in the help once, the common ones first, and no line is too wide.
func TestUsage(t *testing.T) {
	c := &cobra.Command{Use: "run", Run: func(*cobra.Command, []string) {}}
	var out bytes.Buffer
	c.SetOut(&out)
	c.SetErr(&out)
	names := strings.Fields("cgi persistent request clients rate budget format out arrivals seed results engine mask env root")
	for _, name := range names {
		c.Flags().String(name, "", "about the flag "+name+", "+strings.Repeat("which is long ", 8))
	}
	if err := help.Usage(c); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if n := strings.Count(out.String(), "--"+name+" "); n != 1 {
			t.Errorf("--%s is there %d times:\n%s", name, n, out.String())
		}
	}
	at := -1
	for _, title := range []string{"Common flags:", "What is measured:", "Load:", "Duration and repetition:", "Output:",
		"Other:"} {
		next := strings.Index(out.String(), "\n"+title+"\n")
		if next <= at {
			t.Errorf("%q is not in its place:\n%s", title, out.String())
		}
		at = next
	}
	for line := range strings.Lines(out.String()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
			t.Errorf("a line has %d characters: %s", n, line)
		}
	}
}
