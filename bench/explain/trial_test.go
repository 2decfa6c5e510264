package explain_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/explain"
)

// A variable removes a program's wait. Compare finds the difference in both directions.
func TestTrial(t *testing.T) {
	slow := shell(t, header+`[ "$FAST" ] || sleep 0.02; echo done`)
	fast := slow.With("FAST=1")
	check := func(base, changed explain.Command, verdict string) {
		t.Helper()
		r, err := explain.Compare(t.Context(), base, changed, 2*time.Second)
		if err != nil || r.Verdict != verdict {
			t.Fatalf("Compare = %+v, %v, want %s", r, err, verdict)
		}
		if *r.RatioLow > *r.Ratio || *r.RatioHigh < *r.Ratio || *r.SavesLow > *r.Saves || *r.SavesHigh < *r.Saves {
			t.Errorf("Compare = %+v, want estimates within their intervals", r)
		}
		if saves := *r.Saves; saves > 0 != (verdict == explain.Saves) || math.Abs(float64(saves)) < 5e6 {
			t.Errorf("Compare saves %d ns, want about 20 ms with the right sign", saves)
		}
	}
	check(slow, fast, explain.Saves)
	check(fast, slow, explain.Costs)
}

// A switch that changes the program's response cannot be used.
func TestTrialOfAnotherAnswer(t *testing.T) {
	c := shell(t, `if [ "$FAIL" ]; then exit 1; fi
if [ "$HANG" ]; then sleep 1000; fi
echo "Status: ${STATUS:-200}"; echo; echo "$BODY$(date +$VARY)"`)
	c.Limit = time.Second
	check := func(base, changed explain.Command, want string) {
		t.Helper()
		r, err := explain.Compare(t.Context(), base, changed, 50*time.Millisecond)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("Compare = %+v, %v, want an error with %q", r, err, want)
		}
	}
	check(c, c.With("BODY=x"), "the response body differs")
	check(c, c.With("STATUS=500"), "status 500 instead of 200")
	check(c, c.With("FAIL=1"), "it printed nothing")
	slow := c.With("HANG=1")
	check(c, slow, "did not end within 1 s")
	// If a program's body differs each time, only the status must stay the same.
	nanoseconds := c.With("VARY=%N")
	check(nanoseconds, nanoseconds.With("BODY=x"), "")
	check(nanoseconds, nanoseconds.With("STATUS=404"), "status 404 instead of 200")
}

func TestTrialOfTooLittleTime(t *testing.T) {
	c := shell(t, header)
	r, err := explain.Compare(t.Context(), c, c, time.Nanosecond)
	if err != nil || r.Verdict != explain.TooFewSeen || r.Saves != nil || r.Pairs > 1 {
		t.Errorf("Compare = %+v, %v, want too few pairs", r, err)
	}
}

func TestJudge(t *testing.T) {
	constant := func(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }
	check := func(baseline, changes []float64, confidence float64, verdict string, saves int64) {
		t.Helper()
		r := explain.Judged(baseline, changes, confidence)
		if r.Verdict != verdict || r.Pairs != len(baseline) || r.Saves == nil != (verdict == explain.TooFewSeen) {
			t.Errorf("judge = %+v, want %s with %d pairs", r, verdict, len(baseline))
		}
		if r.Saves != nil && *r.Saves != saves {
			t.Errorf("judge saves %d, want %d", *r.Saves, saves)
		}
	}
	// All pairs agree, so the estimate and both bounds agree, too.
	check(constant(1000, 10), constant(900, 10), 0.95, explain.Saves, 100)
	check(constant(1000, 10), constant(1250, 10), 0.95, explain.Costs, -250)
	// Half of the pairs are above by as much as the others are below, so the median of all Walsh averages is 0.
	check(constant(1000, 20), slices.Repeat([]float64{800, 1250}, 10), 0.95, explain.NoneFound, 0)
	// 5 pairs have no interval at 95%: 2·2⁻⁵ = 6 %. 6 have, and at 99.5% it takes 9: 2·2⁻⁸ = 0.8%, 2·2⁻⁹ = 0.4 %.
	check(constant(1000, 5), constant(900, 5), 0.95, explain.TooFewSeen, 0)
	check(constant(1000, 6), constant(900, 6), 0.95, explain.Saves, 100)
	check(constant(1000, 8), constant(900, 8), 0.995, explain.TooFewSeen, 0)
	check(constant(1000, 9), constant(900, 9), 0.995, explain.Saves, 100)
}

func TestBlockSize(t *testing.T) {
	for _, test := range []struct {
		took, budget time.Duration
		want         int
	}{
		{time.Millisecond, 5 * time.Second, 20},       // 20 ms
		{20 * time.Millisecond, 5 * time.Second, 3},   // 3 at least
		{60 * time.Millisecond, 5 * time.Second, 2},   // 20 pairs of 2 take 4.8 s, of 3 would take 7.2 s
		{time.Second, 5 * time.Second, 1},             // at least one
		{0, 5 * time.Second, 20_000},                  // the clock did not advance: no division by 0
		{time.Millisecond, 100 * time.Millisecond, 2}, // 20 pairs of 2 take 80 ms
	} {
		if got := explain.BlockSize(test.took, test.budget); got != test.want {
			t.Errorf("BlockSize(%v, %v) = %d, want %d", test.took, test.budget, got, test.want)
		}
	}
}
