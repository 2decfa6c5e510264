//go:build slow

package check_test

import (
	"io"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench/check"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
)

// A program is measured against itself by a short prediction and by a whole check.
func TestPredict(t *testing.T) {
	dir := programtest.Build(t, "forktax-hello")
	p, err := subject.Describe(t.Context(), filepath.Join(dir, "forktax-hello"))
	if err != nil {
		t.Fatal(err)
	}
	finder := &subject.Finder{Dirs: []string{dir}, Log: io.Discard}
	predicted, err := check.Predict(t.Context(), p, &subject.Launcher{}, finder, time.Minute, 1)
	if err != nil {
		t.Fatal(err)
	}
	reached, err := check.Reached(t.Context(), p, &subject.Launcher{}, finder, 8*time.Second, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, gate := range []string{"cpu_per_request", "response_p50"} {
		if predicted[i].Gate != gate || reached[i].Gate != gate || predicted[i].Change <= 0.03 || reached[i].Change <= 0.03 {
			t.Errorf("predicted %+v, reached %+v, want %s with more than the margin", predicted[i], reached[i], gate)
		}
	}
	t.Logf("predicted for a minute %+v, reached in 8 s %+v", predicted, reached)
}
