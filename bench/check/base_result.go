package check

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// storedSides are the cells of a stored result that may stand for a base, the best first.
var storedSides = []string{candidateName, subject.FloorModel}

// remember takes out of a stored result what the requests cost over the floor. Metrics of which it says nothing are
// left out; if they were named, that is an error of usage.
func (c *comparison) remember(env map[string]string, metrics []string, named bool) (
	*plan.StoredBaseline, []plan.LeftOut, error) {
	a, err := analysis.ReadStored(c.BaseResult)
	if err != nil {
		return nil, nil, &subject.UsageError{Err: err}
	}
	if !a.Run.Complete {
		return nil, nil, subject.InvalidOption("base-result", "%s is of a run that was not completed: %s", c.BaseResult, a.Run.Condition)
	}
	if unlike := analysis.MachineMismatches(a.Environment, machine.Environment()); len(unlike) > 0 && !c.AllowUnlikeMachine {
		var lines []string
		for _, u := range unlike {
			lines = append(lines, fmt.Sprintf("%s: %s, and here %s", u.What, u.A, u.B))
		}
		return nil, nil, subject.InvalidOption("base-result", "%s was made on another machine (%s): what a start costs over the floor "+
			"is another there; --allow-unlike-machine compares them all the same", c.BaseResult, strings.Join(lines, "; "))
	}
	if len(a.Responses) > 0 && !maps.Equal(env, a.Run.Env) {
		return nil, nil, subject.InvalidOption("base-result", "%s is of other variables (--env): %s, and here %s; or of other "+
			"values of them", c.BaseResult, namesOf(a.Run.Env), namesOf(env))
	}
	if unlike := a.Run.HeadersMismatch(c.IgnoreHeaders); unlike != "" && !c.AllowDifferent {
		return nil, nil, subject.InvalidOption("base-result", "%s is of another %s", c.BaseResult, unlike)
	}
	for _, r := range c.workload.Requests {
		if err := c.sameExchange(a, r); err != nil {
			return nil, nil, err
		}
	}
	s := &plan.StoredBaseline{File: c.BaseResult, Run: a.Run.ID}
	var kept []string
	var leftOut []plan.LeftOut
	for _, metric := range metrics {
		for _, r := range c.workload.Requests {
			ratio, why := c.ratio(a, r.Name, metric)
			if why != "" && named {
				return nil, nil, subject.InvalidOption("base-result", "%s %s", c.BaseResult, why)
			}
			if why != "" {
				if !slices.ContainsFunc(leftOut, func(l plan.LeftOut) bool { return l.Gate == metric }) {
					leftOut = append(leftOut, plan.LeftOut{Gate: metric, Why: c.BaseResult + " " + why})
				}
				continue
			}
			s.Ratios = append(s.Ratios, ratio)
			if !slices.Contains(kept, metric) {
				kept = append(kept, metric)
			}
		}
	}
	if want := len(kept) * len(c.workload.Requests); len(kept) == 0 || len(s.Ratios) < want {
		return nil, nil, subject.InvalidOption("base-result", "%s does not say what %s costs over the floor, by one client: it has to be "+
			"a result of forktax check, or of forktax run, of the same requests", c.BaseResult, c.subjects())
	}
	for i := range s.Ratios {
		s.Ratios[i].Slack *= widening(c.Alpha, len(s.Ratios))
	}
	return s, leftOut, nil
}

func namesOf(env map[string]string) string {
	if len(env) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(env)), ", ")
}

// sameExchange returns an error of usage if the stored result is of another request of this name, or another response to
// it. A result of schema 1 does not say what was sent.
func (c *comparison) sameExchange(a *analysis.Analysis, r contract.Request) error {
	now := analysis.RequestOf(r)
	for _, side := range storedSides {
		for _, then := range a.Responses {
			if then.Workload != c.workload.Name || then.Request != r.Name || then.Model != side {
				continue
			}
			if unlike := then.Mismatch(now, r.Want); unlike != "" {
				return subject.InvalidOption("base-result", "%s is of another %s", c.BaseResult, unlike)
			}
			return nil
		}
	}
	return nil
}

// widening is by how much half a 95 % interval has to be wider to be left, at one end of one of the gates, as seldom as
// alpha says. A stored ratio that is off is so in the part that confirms, too, so that a second look is no protection.
func widening(alpha float64, gates int) float64 {
	return stats.NormalQuantile(1-alpha/float64(gates)) / stats.NormalQuantile(0.975)
}

func (c *comparison) subjects() string {
	var names []string
	for _, r := range c.workload.Requests {
		names = append(names, c.workload.Name+"/"+r.Name)
	}
	return strings.Join(names, ", ")
}

// ratio is that of one request by one metric; or why there is none.
func (c *comparison) ratio(a *analysis.Analysis, request, metric string) (plan.StoredRatio, string) {
	for _, side := range storedSides {
		cell := cellOf(c.workload.Name, request, side)
		for _, r := range a.Comparisons {
			if r.Workload != cell.Workload || r.Request != request || r.Load != cell.Load || r.Candidate != side ||
				r.Baseline != subject.FloorWorkload || r.Metric != metric {
				continue
			}
			if r.RatioLow == nil || r.RatioHigh == nil {
				return plan.StoredRatio{}, fmt.Sprintf("has too few blocks for an interval of %s of %s/%s", metric,
					c.workload.Name, request)
			}
			if !(0 < *r.RatioLow && *r.RatioLow <= r.Ratio && r.Ratio <= *r.RatioHigh) {
				return plan.StoredRatio{}, fmt.Sprintf("has an interval of %s of %s/%s that cannot be: %v to %v, of %v", metric,
					c.workload.Name, request, *r.RatioLow, *r.RatioHigh, r.Ratio)
			}
			slack := max(math.Log(*r.RatioHigh/r.Ratio), math.Log(r.Ratio / *r.RatioLow))
			return plan.StoredRatio{Request: request, Metric: metric, Ratio: r.Ratio, Slack: slack}, ""
		}
	}
	return plan.StoredRatio{}, fmt.Sprintf("has no %s of %s/%s over the floor", metric, c.workload.Name, request)
}
