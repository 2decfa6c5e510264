package main

import (
	"errors"
	"testing"

	"forktax/bench/analysis"
)

func TestVerdictOf(t *testing.T) {
	for name, test := range map[string]struct {
		check analysis.Check
		is    error
		want  string
	}{
		"a regression": {analysis.Check{Verdict: analysis.Regression, Why: "it is slower"}, errRegression,
			"regression: it is slower"},
		"inconclusive": {analysis.Check{Verdict: analysis.Undecided, Why: "the noise is too large", Needs: "--budget 90s"},
			errInconclusive, "inconclusive: the noise is too large; it needs --budget 90s"},
		"unconfirmed": {analysis.Check{Verdict: analysis.Unconfirmed, Why: "it is slower; not confirmed", Needs: "16 s more"},
			errUnconfirmed, "unconfirmed: it is slower; not confirmed; it needs 16 s more"},
		"inconclusive, and nothing would decide it": {analysis.Check{Verdict: analysis.Undecided, Why: "nothing is known"},
			errInconclusive, "inconclusive: nothing is known"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := verdictOf(&test.check); !errors.Is(err, test.is) || err.Error() != test.want {
				t.Errorf("verdictOf = %v, want %s", err, test.want)
			}
		})
	}
	if err := verdictOf(&analysis.Check{Verdict: analysis.Pass}); err != nil {
		t.Errorf("verdictOf a pass = %v", err)
	}
}
