package run_test

import (
	"errors"
	"math/bits"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/run"
)

// What climbing finds holds, the point above it was asked and does not, and no point was asked twice.
func TestBisect(t *testing.T) {
	for n := range 100 {
		for highest := -1; highest < n; highest++ { // that holds
			asked := map[int]int{}
			got, err := run.Bisect(-1, n, func(point int) (bool, error) {
				asked[point]++
				return point <= highest, nil
			})
			if got != highest || err != nil {
				t.Errorf("climbing %d points, %d holds: %d, %v", n, highest, got, err)
			}
			if highest >= 0 && asked[highest] != 1 || highest+1 < n && asked[highest+1] != 1 {
				t.Errorf("climbing %d points, %d holds: asked %v, want it and the next once each", n, highest, asked)
			}
			if len(asked) > bits.Len(uint(n)) {
				t.Errorf("climbing %d points took %d questions, want %d at most", n, len(asked), bits.Len(uint(n)))
			}
		}
	}
}

func TestSearchDown(t *testing.T) {
	for from := -1; from < 10; from++ {
		for highest := -1; highest < 10; highest++ {
			questions := 0
			got, err := run.SearchDown(from, func(point int) (bool, error) {
				questions++
				return point <= highest, nil
			})
			want := min(from, highest)
			if got != want || err != nil {
				t.Errorf("descending from %d, %d holds: %d, %v", from, highest, got, err)
			}
			if most := from - want + 1; questions > most {
				t.Errorf("descending from %d to %d took %d questions, want %d at most", from, want, questions, most)
			}
		}
	}
}

// What was known when an error ends it is not lost.
func TestCurvesThatBreak(t *testing.T) {
	broken := errors.New("broken")
	questions := 0
	// Of 15 points, 7 is asked and holds, 11 is asked and does not, and 9 breaks.
	got, err := run.Bisect(-1, 15, func(point int) (bool, error) {
		if questions++; questions == 3 {
			return false, broken
		}
		return point <= 8, nil
	})
	if got != 7 || !errors.Is(err, broken) {
		t.Errorf("Bisect = %d, %v, want 7, %v", got, err, broken)
	}
	got, err = run.SearchDown(9, func(point int) (bool, error) {
		if point == 7 {
			return false, broken
		}
		return false, nil
	})
	if got != 7 || !errors.Is(err, broken) {
		t.Errorf("SearchDown = %d, %v, want 7, %v", got, err, broken)
	}
}

// Closed loops are on no curve.
func TestCurves(t *testing.T) {
	p := searchPlan()
	p.Cells = append(p.Cells, somePlan().Cells...)
	want := [][]int{{0, 2, 4, 6, 8, 10, 12}, {1, 3, 5, 7, 9, 11, 13}}
	if diff := cmp.Diff(want, p.Curves()); diff != "" {
		t.Errorf("the curves of two models (-want +got):\n%s", diff)
	}
}
