package analysis

import (
	"fmt"
	"forktax/bench/record"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Values keep base units until here. Three significant digits are what a comparison on a shared machine can carry.

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

// FormatDuration prints nanoseconds.
func FormatDuration(ns float64) string {
	sign := ""
	if ns < 0 {
		sign, ns = "−", -ns
	}
	size, name := unit(ns)
	if size == 1 {
		return fmt.Sprintf("%s%.0f ns", sign, ns)
	}
	return sign + FormatNumber(ns/size) + " " + name
}

// FormatDifference prints a difference in nanoseconds and an interval about nothing, with signs, in one unit and as
// precisely as the largest of them can carry: −0.49 µs (−2.10 to +1.30).
func FormatDifference(difference, low, high float64) string {
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

// FormatRate prints a number a second, or a difference of two.
func FormatRate(perSecond float64) string {
	if perSecond < 0 {
		return "−" + FormatNumber(-perSecond) + "/s"
	}
	return FormatNumber(perSecond) + "/s"
}

// FormatNumber prints x ≥ 0 with three significant digits: 0.0312, 4.50, 31,200.
func FormatNumber(x float64) string {
	if x == 0 {
		return "0"
	}
	decimals := 2 - int(math.Floor(math.Log10(x)))
	if math.Round(x*math.Pow10(decimals)) >= 1000 { // 9.996 is 10.0
		decimals--
	}
	if decimals <= 0 {
		unit := math.Pow10(-decimals)
		return FormatCount(int64(math.Round(x/unit) * unit))
	}
	return strconv.FormatFloat(x, 'f', min(decimals, 4), 64)
}

func FormatCount(n int64) string {
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

func FormatSize(bytes int64) string {
	return FormatNumber(float64(bytes)/(1<<20)) + " MiB"
}

// FormatOptional prints a value that may be missing.
func FormatOptional[T int64 | float64](v *T, print func(float64) string) string {
	if v == nil {
		return Absent
	}
	return print(float64(*v))
}

// FormatPerRequest prints a count for each request: 1, 0.031, or 0.
func FormatPerRequest(x float64) string {
	if x > 0 && x < 0.0005 {
		return "<0.001"
	}
	return strconv.FormatFloat(math.Round(x*1000)/1000, 'f', -1, 64)
}

// FormatTimes says how often: once, 2 times.
func FormatTimes(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// FormatPlural counts things: 1 pair, 2 pairs.
func FormatPlural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// FormatInterval prints an interval's bounds, if it has any.
func FormatInterval(low, high *float64, print func(float64) string) string {
	if low == nil || high == nil {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", print(*low), print(*high))
}

func FormatPercent(share float64) string { return FormatNumber(share*100) + " %" }

// FormatShare prints one that was asked for, with all its digits: 3 %.
func FormatShare(x float64) string {
	return strconv.FormatFloat(RoundThousandths(x*100), 'f', -1, 64) + " %"
}

// FormatChange prints a ratio as a change to a tenth of a per cent: +10.3 %.
func FormatChange(ratio float64) string {
	percent := math.Round((ratio-1)*1000) / 10
	decimals, sign := 1, ""
	switch {
	case percent > 0:
		sign = "+"
	case percent < 0:
		sign = "−"
	}
	if math.Abs(percent) >= 100 {
		decimals = 0
	}
	return fmt.Sprintf("%s%.*f %%", sign, decimals, math.Abs(percent))
}

func Float(ns *int64) *float64 {
	if ns == nil {
		return nil
	}
	return new(float64(*ns))
}

// FormatVariant says what one is, as far as it is anything but a model.
func FormatVariant(v record.Variant) string {
	parts := []string{"model " + v.Model}
	if len(v.Build) > 0 {
		parts = append(parts, fmt.Sprintf("built with `%s`", strings.Join(v.Build, " ")))
	}
	for _, name := range slices.Sorted(maps.Keys(v.Env)) {
		parts = append(parts, fmt.Sprintf("`%s=%s`", name, v.Env[name]))
	}
	if v.Padding > 0 {
		parts = append(parts, fmt.Sprintf("%s bytes more of environment", FormatCount(int64(v.Padding))))
	}
	if v.Program != "" {
		parts = append(parts, fmt.Sprintf("program `%s`", v.Program))
	}
	return strings.Join(parts, ", ")
}

// FormatSettings lists what a database server is set to.
func FormatSettings(set map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		parts = append(parts, name+" "+set[name])
	}
	return strings.Join(parts, ", ")
}

// FormatWholeChange prints a ratio as a change: +12 %.
func FormatWholeChange(ratio float64) string {
	sign := ""
	change := math.Round((ratio - 1) * 100)
	switch {
	case change < 0:
		sign = "−"
	case change > 0:
		sign = "+"
	}
	return fmt.Sprintf("%s%.0f %%", sign, math.Abs(change))
}
