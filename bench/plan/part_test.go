package plan_test

import (
	"os"
	"strings"
	"testing"

	"forktax/bench/plan"
)

func TestPart(t *testing.T) {
	for text, want := range map[string]plan.Part{"1/1": {Number: 1, Of: 1}, "2/8": {Number: 2, Of: 8},
		"1000/1000": {Number: 1000, Of: 1000}} {
		var got plan.Part
		if err := got.Set(text); err != nil || got != want || got.String() != text {
			t.Errorf("Set(%q) = %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "2", "0/8", "9/8", "-1/8", "1/0", "a/b", "1/8/2", "1 / 8", "1/1001", "1.5/8"} {
		var got plan.Part
		if err := got.Set(text); err == nil || !strings.Contains(err.Error(), "must be a part such as 2/8") {
			t.Errorf("Set(%q) = %v, want an error", text, err)
		}
	}
}

// A task of a cluster takes its part from the variables that the cluster sets.
func TestPartOfTask(t *testing.T) {
	for name, test := range map[string]struct {
		env  map[string]string
		text string
		want plan.Part
		err  string
	}{
		"slurm": {map[string]string{"SLURM_PROCID": "0", "SLURM_NTASKS": "4"}, "auto",
			plan.Part{Number: 1, Of: 4}, ""},
		"slurm with a count": {map[string]string{"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}, "auto/4",
			plan.Part{Number: 4, Of: 4}, ""},
		"another count": {map[string]string{"SLURM_PROCID": "3", "SLURM_NTASKS": "4"}, "auto/5",
			plan.Part{}, `SLURM_NTASKS is "4"`},
		"kubernetes":           {map[string]string{"JOB_COMPLETION_INDEX": "7"}, "auto/8", plan.Part{Number: 8, Of: 8}, ""},
		"kubernetes, no count": {map[string]string{"JOB_COMPLETION_INDEX": "7"}, "auto", plan.Part{}, "auto/8 for a Job"},
		"rank too high": {map[string]string{"JOB_COMPLETION_INDEX": "8"}, "auto/8",
			plan.Part{}, `rank "8" (JOB_COMPLETION_INDEX) of "8"`},
		"no rank": {map[string]string{"SLURM_PROCID": "x", "SLURM_NTASKS": "4"}, "auto",
			plan.Part{}, `rank "x"`},
		"no number of tasks":     {map[string]string{"SLURM_PROCID": "0"}, "auto", plan.Part{}, `of ""`},
		"in no cluster":          {nil, "auto", plan.Part{}, "needs SLURM_PROCID"},
		"in no cluster, counted": {nil, "auto/3", plan.Part{}, "needs SLURM_PROCID"},
	} {
		for _, name := range []string{"SLURM_PROCID", "SLURM_NTASKS", "JOB_COMPLETION_INDEX"} {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
		for key, value := range test.env {
			t.Setenv(key, value)
		}
		var got plan.Part
		err := got.Set(test.text)
		if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: Set(%q) = %v, %v; want %v, %s", name, test.text, got, err, test.want, test.err)
		}
	}
}

// The shares of all parts add up, and differ by at most one.
func TestShares(t *testing.T) {
	for _, n := range []int{0, 1, 3, 8, 1001} {
		sum := 0
		for number := 1; number <= 4; number++ {
			share := plan.Part{Number: number, Of: 4}.Share(n)
			if sum += share; share < n/4 || share > n/4+1 {
				t.Errorf("part %d of 4 has %d of %d", number, share, n)
			}
		}
		if sum != n {
			t.Errorf("the shares of %d add up to %d", n, sum)
		}
	}
}
