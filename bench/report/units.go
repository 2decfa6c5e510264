package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Values keep base units until here. Three significant digits are what a comparison on a shared machine can carry.

// absent stands where the data carries no number.
const absent = "–"

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

// duration prints nanoseconds.
func duration(ns float64) string {
	sign := ""
	if ns < 0 {
		sign, ns = "−", -ns
	}
	size, name := unit(ns)
	if size == 1 {
		return fmt.Sprintf("%s%.0f ns", sign, ns)
	}
	return sign + three(ns/size) + " " + name
}

// around prints a difference in nanoseconds and an interval about nothing, with signs, in one unit and as precisely as
// the largest of them can carry: −0.49 µs (−2.10 to +1.30).
func around(difference, low, high float64) string {
	largest := max(math.Abs(difference), math.Abs(low), math.Abs(high))
	size, name := unit(largest)
	decimals := 0
	if size > 1 {
		decimals = max(0, 2-int(math.Log10(largest/size)))
	}
	print := func(ns float64) string {
		sign := ""
		switch rounded := math.Round(ns / size * math.Pow10(decimals)); {
		case rounded < 0:
			sign = "−"
		case rounded > 0:
			sign = "+"
		}
		return sign + strconv.FormatFloat(math.Abs(ns/size), 'f', decimals, 64)
	}
	return fmt.Sprintf("%s %s (%s to %s)", print(difference), name, print(low), print(high))
}

// rate prints a number a second, or a difference of two.
func rate(perSecond float64) string {
	if perSecond < 0 {
		return "−" + three(-perSecond) + "/s"
	}
	return three(perSecond) + "/s"
}

// three prints x ≥ 0 with three significant digits: 0.0312, 4.50, 31,200.
func three(x float64) string {
	if x == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(x)))
	if math.Round(x*math.Pow10(decimals)) >= 1000 { // 9.996 is 10.0
		decimals--
	}
	if decimals <= 0 {
		unit := math.Pow10(-decimals)
		return grouped(int64(math.Round(x/unit) * unit))
	}
	return strconv.FormatFloat(x, 'f', min(decimals, 4), 64)
}

func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

func size(bytes int64) string {
	return three(float64(bytes)/(1<<20)) + " MiB"
}

// optional prints a value that may be missing.
func optional[T int64 | float64](v *T, print func(float64) string) string {
	if v == nil {
		return absent
	}
	return print(float64(*v))
}

// perRequest prints a count for each request: 1, 0.031, or 0.
func perRequest(x float64) string {
	if x > 0 && x < 0.0005 {
		return "<0.001"
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

// times says how often: once, 2 times.
func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// several counts things: 1 pair, 2 pairs.
func several(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// between prints an interval's bounds, if it has any.
func between(low, high *float64, print func(float64) string) string {
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", print(*low), print(*high))
}
