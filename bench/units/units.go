// Package units formats values for people: durations, rates, sizes, ratios and counts, each in the unit that makes it
// short. Values are in base units until they are formatted. Most have three significant digits, the precision of a
// comparison on a shared machine.
package units

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Absent is printed for a missing value.
const Absent = "–"

// unit returns the unit in which ns nanoseconds have at most three digits before the point.
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

// Duration formats a duration in nanoseconds.
func Duration(ns float64) string {
	size, name := unit(math.Abs(ns))
	if size == 1 {
		return minus(ns) + strconv.FormatFloat(math.Abs(ns), 'f', 0, 64) + " ns"
	}
	return Number(ns/size) + " " + name
}

// Span formats how long something takes or may take: 2.5 s, 30 s, 4 min. It is rounded by at most a twentieth, or to a
// tenth of a second.
func Span(d time.Duration) string {
	if d > 0 && d < 100*time.Millisecond {
		return Duration(float64(d))
	}
	n, unit, scale := d.Seconds(), "s", 10.
	for _, larger := range []string{"min", "h"} {
		if n >= 100 {
			n, unit = n/60, larger
		}
	}
	if n >= 10 && unit == "s" {
		scale = 1
	}
	return fmt.Sprintf("%g %s", math.Round(n*scale)/scale, unit)
}

// minus returns the sign of a negative number, or "".
func minus(x float64) string {
	if x < 0 {
		return "−"
	}
	return ""
}

// signed formats a number with its sign and the given number of decimals. A number that rounds to 0 has no sign.
func signed(x float64, decimals int) string {
	rounded := math.Round(x * math.Pow10(decimals))
	sign := minus(rounded)
	if rounded > 0 {
		sign = "+"
	}
	return sign + strconv.FormatFloat(math.Abs(rounded)/math.Pow10(decimals), 'f', decimals, 64)
}

// Difference formats a difference and its interval, in nanoseconds, with signs. All have the same unit and the number
// of decimals that gives the largest of them three digits: −0.49 µs (−2.10 to +1.30).
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

// Rate formats a rate per second, or a difference of two.
func Rate(perSecond float64) string { return Number(perSecond) + "/s" }

// Number formats a number with three significant digits: 0.0312, 4.50, −31,200.
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

// Count formats a non-negative integer: 31,200.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Size formats a number of bytes in MiB.
func Size(bytes int64) string {
	return Number(float64(bytes)/(1<<20)) + " MiB"
}

// Optional formats a value that may be missing.
func Optional[T int64 | float64](v *T, print func(float64) string) string {
	if v == nil {
		return Absent
	}
	return print(float64(*v))
}

// PerRequest formats a count per request: 1, 0.031, or 0.
func PerRequest(x float64) string {
	if x > 0 && x < 0.0005 {
		return "<0.001"
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

// Times formats a number of times: once, 2 times.
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Plural formats a number of things: 1 pair, 2,000 pairs.
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Count(int64(n)) + " " + thing + "s"
}

// Interval formats the bounds of an interval; "" if one is missing.
func Interval(low, high *float64, print func(float64) string) string {
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", print(*low), print(*high))
}

// Percent formats a share with three significant digits: 3.10%.
func Percent(share float64) string { return Number(share*100) + "%" }

// Share formats a configured share with all its digits: 3%.
func Share(x float64) string {
	return strconv.FormatFloat(Thousandths(x*100), 'f', -1, 64) + "%"
}

// Change formats a ratio as a change, to a tenth of a per cent if it is below 100%: +10.3%.
func Change(ratio float64) string {
	if math.Abs(math.Round((ratio-1)*1000)) >= 1000 {
		return WholeChange(ratio)
	}
	return signed((ratio-1)*100, 1) + "%"
}

// WholeChange formats a ratio as a change in whole per cent: +12%.
func WholeChange(ratio float64) string { return signed((ratio-1)*100, 0) + "%" }

// PlannedRate formats a configured rate with all its digits: 48,000/s or 2.5/s.
func PlannedRate(perSecond float64) string {
	if whole := int64(perSecond); float64(whole) == perSecond {
		return Count(whole) + "/s"
	}
	return strconv.FormatFloat(perSecond, 'f', -1, 64) + "/s"
}

// PlannedRates formats configured rates as a comma-separated list.
func PlannedRates(all []float64) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, PlannedRate(r))
	}
	return strings.Join(parts, ", ")
}

// Thousandths rounds to three decimals: more digits of nanoseconds or of requests per second have no meaning.
func Thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }
