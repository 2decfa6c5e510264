//go:build slow

package calibrate_test

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/bench/calibrate"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
)

// The property budget measures all of its targets, those of other languages, too.
func TestBudgets(t *testing.T) {
	p, err := subject.Describe(t.Context(), filepath.Join(programtest.Build(t, "forktax-hello"), "forktax-hello"))
	if err != nil {
		t.Fatal(err)
	}
	l := newLab()
	l.Finder = subject.NewFinder(io.Discard)
	l.Programs = map[string]subject.Program{"hello": p}
	o, err := calibrate.Budgets(t.Context(), l, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"cgi", "persistent", "node", "publisher"} {
		n := 0
		for _, m := range o.Measures {
			if strings.HasPrefix(m.Name, model+": ") {
				n++
			}
		}
		if n != 2 && !strings.Contains(o.Text, "Left out") {
			t.Errorf("%d measures of %s, want its throughput and its median: %s", n, model, o.Text)
		}
	}
}

// Real starts give noise grouped by starts of the targets, and phases that add up to at most the total.
func TestRecorded(t *testing.T) {
	l := startup(t)
	s, err := calibrate.RecordNoise(t.Context(), l, time.Second)
	if err != nil || len(s) == 0 {
		t.Fatalf("recordNoise = %v, %v, want some starts", s, err)
	}
	o, err := calibrate.PhasesOf(t.Context(), l, "startup", 400*time.Millisecond)
	if err != nil || len(o.Measures) == 0 || o.Measures[0].N == 0 || o.Measures[0].Value > 1 {
		t.Errorf("phases = %+v, %v, want a sum of at most the total", o, err)
	}
}
