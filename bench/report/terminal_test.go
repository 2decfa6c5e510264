package report_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"forktax/bench/analysis/analysistest"
	"forktax/bench/report"
)

func pictured(t *testing.T, term report.Terminal) string {
	t.Helper()
	var out bytes.Buffer
	if err := report.Details(&out, analysistest.Analyze(t, analysistest.TheRun(t)), term); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The longest bar uses all of the available width, and no line is wider than the terminal.
func TestPicture(t *testing.T) {
	for _, width := range []int{80, 100, 200} {
		text := pictured(t, report.Terminal{Width: width})
		for line := range strings.Lines(text) {
			table := strings.Contains(line, "   ") || strings.Contains(line, "──") // a table is not wrapped
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width &&
				(!table || strings.ContainsAny(line, "▁█")) {
				t.Errorf("at %d a line has %d characters: %s", width, n, line)
			}
		}
		room := width - 20 - 11 - 17 - 12 - 4
		longest := 0
		for line := range strings.Lines(text) {
			longest = max(longest, strings.Count(strings.TrimRight(line, "▁▂▃▄▅▆▇█\n"), "█"))
		}
		if longest != room {
			t.Errorf("at %d the longest bar has %d blocks, want %d", width, longest, room)
		}
		if !strings.Contains(text, "▁") || !strings.Contains(text, "48.7×") {
			t.Errorf("width %d: line of blocks or ratio is missing:\n%s", width, text)
		}
	}
	if got := pictured(t, report.Terminal{Width: 79}); strings.Contains(got, "█") {
		t.Errorf("without room it draws\n%s", got)
	}
	if got, want := pictured(t, report.Terminal{}), string(analysistest.Print(t, "text", analysistest.Analyze(t,
		analysistest.TheRun(t)))); got != want {
		t.Errorf("to no terminal it prints\n%s", got)
	}
}

func TestPictureInASCII(t *testing.T) {
	text := pictured(t, report.Terminal{Width: 100, ASCII: true})
	for _, r := range text {
		if r > 127 || r == '?' {
			t.Fatalf("%q is not ASCII, or stands for what is not, in\n%s", r, text)
		}
	}
	if !strings.Contains(text, "####") || !strings.Contains(text, "48.7x") {
		t.Errorf("it draws\n%s", text)
	}
}

func TestPictureInColour(t *testing.T) {
	if text := pictured(t, report.Terminal{Width: 100}); strings.Contains(text, "\x1b") {
		t.Error("output has colours though Colour is false")
	}
	text := pictured(t, report.Terminal{Width: 100, Colour: true})
	if strings.Count(text, "\x1b[0m") == 0 || strings.Count(text, "\x1b[") != 2*strings.Count(text, "\x1b[0m") {
		t.Errorf("colours are not ended:\n%q", text)
	}
}
