package cgi_test

import (
	"slices"
	"testing"

	"forktax/cgi"
)

// A start's child has one of the numbers that were given after it began, also where the numbers begin anew.
func TestPIDsBetween(t *testing.T) {
	highest := cgi.MaxPID()
	for _, test := range []struct {
		after, last int
		want        []int
	}{
		{5, 8, []int{6, 7, 8}},
		{5, 5, nil},
		{highest - 2, 3, []int{highest - 1, highest, 1, 2, 3}},
		{highest, 1, []int{1}},
	} {
		if got := slices.Collect(cgi.PIDsBetween(test.after, test.last)); !slices.Equal(got, test.want) {
			t.Errorf("after %d, up to %d: %v, want %v", test.after, test.last, got, test.want)
		}
	}
}
