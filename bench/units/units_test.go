package units_test

import (
	"testing"
	"time"

	"forktax/bench/units"
)

func TestDuration(t *testing.T) {
	check := func(ns float64, want string) {
		t.Helper()
		if got := units.Duration(ns); got != want {
			t.Errorf("duration(%g) = %q, want %q", ns, got, want)
		}
	}
	check(0, "0 ns")
	check(0.4, "0 ns")
	check(7, "7 ns")
	check(999, "999 ns")
	check(999.4, "999 ns")
	check(999.6, "1.00 µs") // not 1000 ns
	check(1000, "1.00 µs")
	check(12_345, "12.3 µs")
	check(123_456, "123 µs")
	check(999_400, "999 µs")
	check(999_600, "1.00 ms") // not 1,000 µs
	check(1_234_567, "1.23 ms")
	check(9_996_000, "10.0 ms") // not 10.00 ms
	check(99_960_000, "100 ms")
	check(1e9, "1.00 s")
	check(61.5e9, "61.5 s")
	check(3600e9, "3,600 s")
	check(-1500, "−1.50 µs")
	check(-3, "−3 ns")
}

func TestThree(t *testing.T) {
	check := func(x float64, want string) {
		t.Helper()
		if got := units.Number(x); got != want {
			t.Errorf("three(%g) = %q, want %q", x, got, want)
		}
	}
	check(0, "0")
	check(0.00004, "0.0000") // at most four decimals
	check(0.0312, "0.0312")
	check(0.5, "0.500")
	check(0.9994, "0.999")
	check(0.9996, "1.00")
	check(1, "1.00")
	check(4.5, "4.50")
	check(9.994, "9.99")
	check(9.996, "10.0")
	check(10, "10.0")
	check(99.96, "100")
	check(100, "100")
	check(999.4, "999")
	check(999.6, "1,000")
	check(1000, "1,000")
	check(1234, "1,230")
	check(31_249, "31,200")
	check(31_250, "31,300")
	check(9_999_999, "10,000,000")
	check(123_456_789, "123,000,000")
}

func TestOtherUnits(t *testing.T) {
	check := func(call, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s = %q, want %q", call, got, want)
		}
	}
	check("rate(0)", units.Rate(0), "0/s")
	check("rate(0.25)", units.Rate(0.25), "0.250/s")
	check("rate(12345)", units.Rate(12345), "12,300/s")
	check("rate(-3.5)", units.Rate(-3.5), "−3.50/s")

	check("size(0)", units.Size(0), "0 MiB")
	check("size(1 MiB)", units.Size(1<<20), "1.00 MiB")
	check("size(10 GiB)", units.Size(10<<30), "10,200 MiB")

	check("perRequest(0)", units.PerRequest(0), "0")
	check("perRequest(1)", units.PerRequest(1), "1")
	check("perRequest(0.0312)", units.PerRequest(0.0312), "0.031")
	check("perRequest(0.0001)", units.PerRequest(0.0001), "<0.001")
	check("perRequest(0.0006)", units.PerRequest(0.0006), "0.001")
	check("perRequest(2.0004)", units.PerRequest(2.0004), "2")

	check("signed(1.126)", units.WholeChange(1.126), "+13%")
	check("signed(0.48)", units.WholeChange(0.48), "−52%")
	check("signed(0.997)", units.WholeChange(0.997), "0%")

	check("around(-494, -2100, 1300)", units.Difference(-494, -2100, 1300), "−0.49 µs (−2.10 to +1.30)")
	check("around(3, -20, 400)", units.Difference(3, -20, 400), "+3 ns (−20 to +400)")
	check("around(12000, -50, 123456)", units.Difference(12_000, -50, 123_456), "+12 µs (0 to +123)")
	check("around(0, -2e6, 12.3e6)", units.Difference(0, -2e6, 12.3e6), "0.0 ms (−2.0 to +12.3)")
	check("around(0, 0, 0)", units.Difference(0, 0, 0), "0 ns (0 to 0)")

	check("times(1)", units.Times(1), "once")
	check("times(2)", units.Times(2), "2 times")
	check("several(1, cell)", units.Plural(1, "cell"), "1 cell")
	check("several(0, cell)", units.Plural(0, "cell"), "0 cells")

	low, high := 1.5, 20.0
	check("between(1.5, 20)", units.Interval(&low, &high, units.Number), " (1.50 to 20.0)")
	check("between(nil, 20)", units.Interval(nil, &high, units.Number), "")
	check("between(1.5, nil)", units.Interval(&low, nil, units.Number), "")
	check("between(nil, nil)", units.Interval(nil, nil, units.Duration), "")
}

func TestSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0 s":     0,
		"50.0 ms": 50 * time.Millisecond,
		"0.4 s":   370 * time.Millisecond,
		"9.9 s":   9949 * time.Millisecond,
		"10 s":    9951 * time.Millisecond,
		"11 s":    10_600 * time.Millisecond,
		"99 s":    99 * time.Second,
		"1.7 min": 100 * time.Second,
		"45 min":  45 * time.Minute,
		"1.7 h":   100 * time.Minute,
		"30.5 h":  30*time.Hour + 29*time.Minute,
	} {
		if got := units.Span(d); got != want {
			t.Errorf("Span(%v) = %q, want %q", d, got, want)
		}
	}
}
