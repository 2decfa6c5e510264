package cgi_test

import (
	"slices"
	"testing"

	"forktax/cgi"
)

// The child of a start has one of the PIDs that were given after it began, also when the PIDs wrap around.
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
			t.Errorf("PIDsBetween(%d, %d) = %v, want %v", test.after, test.last, got, test.want)
		}
	}
}
