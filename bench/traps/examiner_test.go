package traps_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/subject"
	"forktax/bench/traps"
)

// Each trap is logged once, when it is found, with the name of the model.
func TestExaminer(t *testing.T) {
	var log strings.Builder
	e := traps.Examiner{Log: &log}
	same := subject.Trap{Code: "same-file", Model: "candidate", Evidence: "they are the same file", Advice: "name another"}
	shim := subject.Trap{Code: "shim", Model: "base", Evidence: "it starts a shim", Advice: "name the interpreter"}
	other := shim
	other.Model = "candidate"
	e.Add(same)
	const first = "warning: candidate: they are the same file; name another\n"
	if log.String() != first {
		t.Errorf("logged %q, want %q immediately", log.String(), first)
	}
	e.Add(shim, same, other)
	want := []subject.Trap{same, shim, other}
	if diff := cmp.Diff(want, e.Found); diff != "" {
		t.Errorf("Found (-want +got):\n%s", diff)
	}
	const all = first + "warning: base: it starts a shim; name the interpreter\n" +
		"warning: candidate: it starts a shim; name the interpreter\n"
	if log.String() != all {
		t.Errorf("logged %q, want %q", log.String(), all)
	}
	silent := traps.Examiner{}
	if silent.Add(want...); len(silent.Found) != len(want) {
		t.Errorf("without a log: Found = %v, want %v", silent.Found, want)
	}
}

func TestExaminerReturnsWhyItWasEnded(t *testing.T) {
	ended := errors.New("ended")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(ended)
	if err := new(traps.Examiner).Examine(ctx, traps.Case{}); !errors.Is(err, ended) {
		t.Errorf("Examine = %v, want %v", err, ended)
	}
}
