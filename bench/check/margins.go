package check

import (
	"maps"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

// countMargins are the default margins of gates that are counted. A file costs microseconds to open, which the gates of
// CPU and response times judge, and one import more opens about ten. A process or a connection more is a large part of
// what a request costs.
var countMargins = map[string]plan.Margin{
	analysis.CountProcesses:   {},
	analysis.CountFiles:       {Share: 0.2, Count: 10},
	analysis.CountConnections: {},
}

// margins are those of the gates to which Margin does not apply.
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

// validateMargins returns an error of the first margin that is invalid, or that MustCatch does not exceed. Gates is
// valid.
func (o *Options) validateMargins() error {
	counted, measured := analysis.Gated()
	for _, metric := range slices.Sorted(maps.Keys(o.Margins)) {
		m := o.Margins[metric]
		switch {
		case !slices.Contains(counted, metric) && !slices.Contains(measured, metric):
			return subject.InvalidOption("margin", "%s=%v: %q is unknown; there are %s", metric, m, metric,
				strings.Join(slices.Concat(counted, measured), ", "))
		case !slices.Contains(o.Gates, metric):
			return subject.InvalidOption("margin", "%s=%v: --gates has no %s; it has %s", metric, m, metric,
				strings.Join(o.Gates, ", "))
		case m.Share < 0 || m.Count < 0:
			return subject.InvalidOption("margin", "%s=%v: 0 %% or more is needed", metric, m)
		case slices.Contains(measured, metric) && m.Count != 0:
			return subject.InvalidOption("margin", "%s=%v: %s is measured, not counted: a percentage alone is needed, such "+
				"as %[1]s=5%%", metric, m, metric)
		case slices.Contains(measured, metric) && o.MustCatch <= m.Share:
			return subject.InvalidOption("must-catch", "%s: more than the margin of %s is needed, which is %s",
				percent(o.MustCatch), metric, percent(m.Share))
		}
	}
	return nil
}
