package process_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/process"
)

func TestKinds(t *testing.T) {
	check := func(lines []string, most int, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, process.DedupLog(lines, most)); diff != "" {
			t.Errorf("DedupLog(%q, %d) (-want +got):\n%s", lines, most, diff)
		}
	}
	check(nil, 3)
	check([]string{"no coffee", "no tea", "no coffee"}, 3, "no coffee", "no tea")
	check([]string{"port 1", "port 65535", "port 12 of 13", "port x"}, 9, "port 1", "port 12 of 13", "port x")
	check([]string{"1", "23", "a1b", "a1", "4 5"}, 9, "1", "a1b", "a1", "4 5")
	check([]string{"a", "b", "c"}, 2, "a", "b")
}

// prefixed returns log lines of a child with the prefix of its host.
func prefixed(lines ...string) []string {
	var all []string
	for _, line := range lines {
		all = append(all, "script cgi: GET /a: "+line)
	}
	return all
}

// A traceback is one message. Its end, which has the cause, is kept.
func TestTracebacks(t *testing.T) {
	traceback := []string{"Traceback (most recent call last):"}
	for _, name := range []string{"<module>", "f", "g", "h", "i"} {
		traceback = append(traceback, `  File "/srv/a.py", line 9, in `+name, "    call()")
	}
	traceback = append(traceback, "ZeroDivisionError: division by zero")
	after := append(slices.Clone(traceback), "another")
	long := slices.Concat(traceback[:3], traceback[1:11], traceback[3:])
	java := []string{"Exception: no", "\tat a", "\tat b", "x"}
	for name, test := range map[string]struct{ lines, want []string }{
		"whole":          {traceback, traceback},
		"again":          {slices.Concat(traceback, traceback), traceback},
		"line after it":  {after, after},
		"long":           {long, slices.Concat(traceback[:3], []string{"  …"}, long[len(long)-17:])},
		"through a host": {prefixed(after...), prefixed(after...)},
		"frames of Java": {java, java},
		"no first line":  {[]string{"  indented", "x"}, []string{"  indented", "x"}},
		"head only":      {traceback[:1], traceback[:1]},
	} {
		got := process.DedupLog(test.lines, 2)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("DedupLog, %s (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(got, process.DedupLog(got, 2)); diff != "" {
			t.Errorf("DedupLog twice, %s (-once +twice):\n%s", name, diff)
		}
	}
}

func TestLogged(t *testing.T) {
	for want, lines := range map[string][]string{
		"":                       nil,
		"; it logged: one":       {"one"},
		"; it logged: no tea":    prefixed("no tea"),
		"; it logged:\n  a\n  b": {"a", "b"},
		"; it logged:\n  Traceback (most recent call last):\n    File \"a\"\n  KeyError: 1": prefixed(
			"Traceback (most recent call last):", `  File "a"`, "KeyError: 1"),
		"; it logged:\n  script cgi: GET /a: no\n  script cgi: GET /b: no": {
			"script cgi: GET /a: no", "script cgi: GET /b: no"},
	} {
		if got := process.Logged(lines); got != want {
			t.Errorf("Logged(%q) = %q, want %q", lines, got, want)
		}
	}
}
