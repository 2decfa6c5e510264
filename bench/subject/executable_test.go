package subject_test

import (
	"slices"
	"testing"

	"forktax/bench/subject"
)

func TestShebang(t *testing.T) {
	for line, want := range map[string][]string{
		"/bin/sh\necho":             {"/bin/sh"},
		" /bin/sh  ":                {"/bin/sh"},
		"/usr/bin/perl -w -T\n":     {"/usr/bin/perl", "-w -T"}, // one argument, as Linux passes it
		"/usr/bin/env\tpython3\r\n": {"/usr/bin/env", "python3"},
		"\n/bin/sh":                 nil,
	} {
		if got := subject.Shebang(line); !slices.Equal(got, want) {
			t.Errorf("Shebang(%q) = %q, want %q", line, got, want)
		}
	}
}
