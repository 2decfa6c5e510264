// Package units prints values for people: durations, rates, sizes, ratios and counts, each in the unit in which it is
// short. Values are in base units until they are printed. Three significant digits are what a comparison on a shared
// machine can carry.
package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Absent stands where the data carries no number.
const Absent = "–"

// unit finds the unit that leaves at most three digits of ns nanoseconds before the point.
func unit(ns float64) (size float64, name string) {
	for _, u := range []struct {
		size time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if ns >= float64(u.size)*0.9995 { // so that 999.9 µs is 1.00 ms
			return float64(u.size), u.name
		}
	}
	return 1, "ns"
}

// Duration prints nanoseconds.
func Duration(ns float64) string {
	size, name := unit(math.Abs(ns))
	if size == 1 {
		return minus(ns) + strconv.FormatFloat(math.Abs(ns), 'f', 0, 64) + " ns"
	}
	return Number(ns/size) + " " + name
}

// minus is the sign of a number that may be negative.
func minus(x float64) string {
	if x < 0 {
		return "−"
	}
	return ""
}

// signed prints a number with so many decimals and its sign, which what is rounded to nothing has not.
func signed(x float64, decimals int) string {
	rounded := math.Round(x * math.Pow10(decimals))
	sign := minus(rounded)
	if rounded > 0 {
		sign = "+"
	}
	return sign + strconv.FormatFloat(math.Abs(rounded)/math.Pow10(decimals), 'f', decimals, 64)
}

// Difference prints a difference in nanoseconds and an interval about nothing, with signs, in one unit and as
// precisely as the largest of them can carry: −0.49 µs (−2.10 to +1.30).
func Difference(difference, low, high float64) string {
	largest := max(math.Abs(difference), math.Abs(low), math.Abs(high))
	size, name := unit(largest)
	decimals := 0
	if size > 1 {
		decimals = max(0, 2-int(math.Log10(largest/size)))
	}
	return fmt.Sprintf("%s %s (%s to %s)", signed(difference/size, decimals), name, signed(low/size, decimals),
		signed(high/size, decimals))
}

// Rate prints a number a second, or a difference of two.
func Rate(perSecond float64) string { return Number(perSecond) + "/s" }

// Number prints a number with three significant digits: 0.0312, 4.50, −31,200.
func Number(x float64) string {
	size := math.Abs(x)
	if size == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(size)))
	if math.Round(size*math.Pow10(decimals)) >= 1000 { // 9.996 is 10.0
		decimals--
	}
	if decimals <= 0 {
		unit := math.Pow10(-decimals)
		return minus(x) + Count(int64(math.Round(size/unit)*unit))
	}
	return minus(x) + strconv.FormatFloat(size, 'f', min(decimals, 4), 64)
}

// Count prints a whole number that is not negative: 31,200.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func Size(bytes int64) string {
	return Number(float64(bytes)/(1<<20)) + " MiB"
}

// Optional prints a value that may be missing.
func Optional[T int64 | float64](v *T, print func(float64) string) string {
	if v == nil {
		return Absent
	}
	return print(float64(*v))
}

// PerRequest prints a count for each request: 1, 0.031, or 0.
func PerRequest(x float64) string {
	if x > 0 && x < 0.0005 {
		return "<0.001"
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

// Times says how often: once, 2 times.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Plural counts things: 1 pair, 2 pairs.
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// Interval prints an interval's bounds, if it has any.
func Interval(low, high *float64, print func(float64) string) string {
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", print(*low), print(*high))
}

func Percent(share float64) string { return Number(share*100) + " %" }

// Share prints one that was asked for, with all its digits: 3 %.
func Share(x float64) string {
	return strconv.FormatFloat(Thousandths(x*100), 'f', -1, 64) + " %"
}

// Change prints a ratio as a change to a tenth of a per cent, if it is below 100 %: +10.3 %.
func Change(ratio float64) string {
	if math.Abs(math.Round((ratio-1)*1000)) >= 1000 {
		return WholeChange(ratio)
	}
	return signed((ratio-1)*100, 1) + " %"
}

// WholeChange prints a ratio as a change: +12 %.
func WholeChange(ratio float64) string { return signed((ratio-1)*100, 0) + " %" }

// PlannedRate prints a rate as it was asked for, with all its digits: 48,000/s or 2.5/s.
func PlannedRate(perSecond float64) string {
	if whole := int64(perSecond); float64(whole) == perSecond {
		return Count(whole) + "/s"
	}
	return strconv.FormatFloat(perSecond, 'f', -1, 64) + "/s"
}

func PlannedRates(all []float64) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, PlannedRate(r))
	}
	return strings.Join(parts, ", ")
}

// Thousandths rounds to three digits after the point: of nanoseconds, and of requests a second, more says nothing.
func Thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }
