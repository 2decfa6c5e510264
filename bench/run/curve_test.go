package run_test

import (
	"errors"
	"math/bits"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/run"
)

// The result holds, the next point was probed and does not hold, and no point was probed twice.
func TestBisect(t *testing.T) {
	for n := range 100 {
		for highest := -1; highest < n; highest++ { // the highest point that holds
			probed := map[int]int{}
			got, err := run.Bisect(-1, n, func(point int) (bool, error) {
				probed[point]++
				return point <= highest, nil
			})
			if got != highest || err != nil {
				t.Errorf("Bisect(-1, %d) if %d holds = %d, %v", n, highest, got, err)
			}
			if highest >= 0 && probed[highest] != 1 || highest+1 < n && probed[highest+1] != 1 {
				t.Errorf("Bisect(-1, %d) if %d holds: probed %v, want it and the next once each", n, highest, probed)
			}
			if len(probed) > bits.Len(uint(n)) {
				t.Errorf("Bisect(-1, %d) took %d probes, want at most %d", n, len(probed), bits.Len(uint(n)))
			}
		}
	}
}

func TestSearchDown(t *testing.T) {
	for from := -1; from < 10; from++ {
		for highest := -1; highest < 10; highest++ {
			probes := 0
			got, err := run.SearchDown(from, func(point int) (bool, error) {
				probes++
				return point <= highest, nil
			})
			want := min(from, highest)
			if got != want || err != nil {
				t.Errorf("SearchDown(%d) if %d holds = %d, %v", from, highest, got, err)
			}
			if most := from - want + 1; probes > most {
				t.Errorf("SearchDown(%d) = %d took %d probes, want at most %d", from, want, probes, most)
			}
		}
	}
}

// After an error, the result so far is returned.
func TestProbeErrors(t *testing.T) {
	broken := errors.New("broken")
	probes := 0
	// Of 15 points, 7 is probed and holds, 11 is probed and does not, and 9 returns an error.
	got, err := run.Bisect(-1, 15, func(point int) (bool, error) {
		if probes++; probes == 3 {
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

// Closed loops are not on a curve.
func TestCurves(t *testing.T) {
	p := searchPlan()
	p.Cells = append(p.Cells, somePlan().Cells...)
	want := [][]int{{0, 2, 4, 6, 8, 10, 12}, {1, 3, 5, 7, 9, 11, 13}}
	if diff := cmp.Diff(want, p.Curves()); diff != "" {
		t.Errorf("Curves (-want +got):\n%s", diff)
	}
}
