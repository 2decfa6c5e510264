package check

import (
	"maps"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

// countMargins are the default margins of counted gates. Opening a file costs microseconds, which the gates on CPU time
// and response time cover, and one additional import opens about ten files. One additional process or connection is a
// large part of the cost of a request.
var countMargins = map[string]plan.Margin{
	analysis.CountProcesses:   {},
	analysis.CountFiles:       {Share: 0.2, Count: 10},
	analysis.CountConnections: {},
}

// margins returns the margins of the gates to which Margin does not apply, by metric.
func (o *Options) margins() map[string]plan.Margin {
	all := map[string]plan.Margin{}
	for metric, m := range countMargins {
		if slices.Contains(o.Gates, metric) {
			all[metric] = m
		}
	}
	maps.Copy(all, o.Margins)
	return all
}

// validateMargins returns an error for the first margin that is invalid or is not below MustCatch. Gates must be valid.
func (o *Options) validateMargins() error {
	counted, measured := analysis.Gated()
	for _, metric := range slices.Sorted(maps.Keys(o.Margins)) {
		m := o.Margins[metric]
		switch {
		case !slices.Contains(counted, metric) && !slices.Contains(measured, metric):
			return subject.InvalidOption("margin", "%s=%v: unknown gate %q; gates are %s", metric, m, metric,
				strings.Join(slices.Concat(counted, measured), ", "))
		case !slices.Contains(o.Gates, metric):
			return subject.InvalidOption("margin", "%s=%v: %s is not in --gates (%s)", metric, m, metric,
				strings.Join(o.Gates, ", "))
		case m.Share < 0 || m.Count < 0:
			return subject.InvalidOption("margin", "%s=%v: must be at least 0%%", metric, m)
		case slices.Contains(measured, metric) && m.Count != 0:
			return subject.InvalidOption("margin", "%s=%v: %s is measured, not counted; give a percentage only, such as "+
				"%[1]s=5%%", metric, m, metric)
		case slices.Contains(measured, metric) && o.MustCatch <= m.Share:
			return subject.InvalidOption("must-catch", "%s: must be greater than the margin of %s (%s)",
				percent(o.MustCatch), metric, percent(m.Share))
		}
	}
	return nil
}
