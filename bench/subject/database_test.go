package subject_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A fakeDatabase provisions only a name.
type fakeDatabase struct {
	made, removed int
	fail          error
}

var _ subject.Database = (*fakeDatabase)(nil)

func (d *fakeDatabase) Provision(context.Context) (string, func() error, error) {
	if d.fail != nil {
		return "", nil, d.fail
	}
	d.made++
	return "fake://place", func() error { d.removed++; return nil }, nil
}

func (d *fakeDatabase) CPU() (int64, bool) { return 42, true }

func TestLaunchInADatabase(t *testing.T) {
	url := admin(t, healthyAdmin)
	path := script(t, `case "$1" in
prepare) mkdir "$3" && echo "{\"DATA\":\"$3\",\"PLACE\":\"$FORKTAX_DATABASE\"}" ;;
serve)
	echo "$PLACE" > "$DATA/place"
	echo "2026/11/22 18:28:23 the cellar is wet" >&2
	`+deaf+readyLine(url)+stays+` ;;
esac
`)
	about := contract.Description{Name: "fake", Models: []string{"one"}, Database: "fake"}
	for kind, want := range map[string]string{"fake": "fake://place", "other": ""} {
		d := &fakeDatabase{}
		l := launcher(t, subject.Program{Path: path, Description: about})
		l.Databases = map[string]subject.Database{kind: d}
		target, stop := launch(t, l)
		if got := strings.TrimSpace(readAll(t, glob(t, l.Dir+"/forktax-fake-one-*/data/place"))); got != want {
			t.Errorf("with a database %q the program got the place %q, want %q", kind, got, want)
		}
		if want == "" {
			if target.DatabaseCPU != nil || d.made > 0 {
				t.Errorf("a database that the program does not use has %d places, want 0", d.made)
			}
		} else if ns, known := target.DatabaseCPU(); ns != 42 || !known {
			t.Errorf("the CPU of the database = %d, %t, want 42", ns, known)
		}
		if err := stop(); err != nil || d.made != d.removed {
			t.Errorf("stop = %v, with %d of %d places removed", err, d.removed, d.made)
		}
		if got := target.LogLines(); len(got) != 1 || got[0] != "the cellar is wet" {
			t.Errorf("LogLines = %q", got)
		}
		empty(t, l)
	}
}

// A launch that fails leaves nothing behind.
func TestLaunchInADatabaseFails(t *testing.T) {
	full := errors.New("it is full")
	for name, test := range map[string]struct {
		prepare, serve string
		fail           error
		want           string
	}{
		"the database":    {"echo '{}'", stays, full, "it is full"},
		"making the data": {"echo no table >&2; exit 1", stays, nil, "no table"},
		"serving":         {"echo '{}'", "echo no row >&2; exit 1", nil, "no row"},
	} {
		t.Run(name, func(t *testing.T) {
			d := &fakeDatabase{fail: test.fail}
			path := script(t, "case $1 in\nprepare)\n"+test.prepare+" ;;\nserve)\n"+test.serve+" ;;\nesac\n")
			l := launcher(t, subject.Program{Path: path,
				Description: contract.Description{Name: "fake", Models: []string{"one"}, Database: "fake"}})
			l.Databases = map[string]subject.Database{"fake": d}
			_, _, err := l.Launch(t.Context(), "one", "fake")
			fails(t, "Launch", err, test.want)
			if d.made != d.removed {
				t.Errorf("%d of %d places are removed, want all", d.removed, d.made)
			}
			empty(t, l)
		})
	}
}
