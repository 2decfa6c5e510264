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
	"forktax/bench/units"
	"forktax/workload/contract"
)

// fewestStarts is the smallest number of starts of which a stored ratio can have an interval.
const fewestStarts = 6

// storedSides are the models of a stored result that can serve as the base, in order of preference.
var storedSides = []string{candidateName, subject.ScriptModel}

// readBaseline reads the cost of each request relative to the floor from a stored result, and the length of its blocks,
// which those of the check must have, too. Metrics that the result lacks are left out; it is a usage error if the user
// named them.
func (c *comparison) readBaseline(env map[string]string, metrics []string, named bool) (
	*plan.StoredBaseline, []plan.LeftOut, analysis.BlockRule, error) {
	a, err := analysis.ReadStored(c.BaseResult)
	if err != nil {
		return nil, nil, analysis.BlockRule{}, &subject.UsageError{Err: err}
	}
	s, leftOut, err := c.baselineOf(a, env, metrics, named)
	return s, leftOut, blockRule(a), err
}

// blockRule returns the rule of a stored result's blocks, or that which an older forktax had.
func blockRule(a *analysis.Analysis) analysis.BlockRule {
	if a.Run.Blocks != nil {
		return *a.Run.Blocks
	}
	p := plan.Plan{MinRequests: plan.MinRequests}
	if a.Check != nil && a.Environment.Database == nil {
		p.Alternate()
	}
	return analysis.BlockRule{LengthNS: p.BlockNS, MinRequests: p.MinRequests, Alternating: p.Alternating}
}

func (c *comparison) baselineOf(a *analysis.Analysis, env map[string]string, metrics []string, named bool) (
	*plan.StoredBaseline, []plan.LeftOut, error) {
	if c.script != nil {
		c.rename(a)
	}
	if !a.Run.Complete {
		return nil, nil, subject.InvalidOption("base-result", "%s: the run was not completed: %s", c.BaseResult,
			a.Run.Condition)
	}
	if a.Run.Suite != nil {
		return nil, nil, subject.InvalidOption("base-result", "%s is of a suite: use a result of forktax check or forktax "+
			"run with the same program", c.BaseResult)
	}
	if err := c.sameHost(a); err != nil {
		return nil, nil, err
	}
	unlike := analysis.MachineMismatches(a.Environment, machine.Environment())
	if len(unlike) > 0 && !c.AllowUnlikeMachine {
		var lines []string
		for _, u := range unlike {
			lines = append(lines, fmt.Sprintf("%s: %s, here %s", u.What, u.A, u.B))
		}
		return nil, nil, subject.InvalidOption("base-result", "%s was measured on a different machine (%s), where "+
			"startup costs differ; use --allow-unlike-machine to compare anyway", c.BaseResult, strings.Join(lines, "; "))
	}
	if len(a.Responses) > 0 && !maps.Equal(env, a.Run.Env) {
		return nil, nil, subject.InvalidOption("base-result", "%s: different environment variables or values (--env): it "+
			"has %s, this check has %s", c.BaseResult, namesOf(a.Run.Env), namesOf(env))
	}
	if unlike := a.Run.HeadersMismatch(c.IgnoreHeaders); unlike != "" && !c.AllowDifferent {
		return nil, nil, subject.InvalidOption("base-result", "%s is for a different %s", c.BaseResult, unlike)
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
		return nil, nil, subject.InvalidOption("base-result", "%s has no cost over the floor for %s with one client; use a "+
			"result of forktax check or forktax run with the same requests", c.BaseResult, c.subjects())
	}
	for i := range s.Ratios {
		s.Ratios[i].Slack *= widening(c.Alpha, len(s.Ratios))
	}
	return s, leftOut, nil
}

// usableSides returns the sides of a stored result that were measured under the host of this check.
func usableSides(a *analysis.Analysis) []string {
	return slices.DeleteFunc(slices.Clone(storedSides), func(side string) bool {
		return a.Run.Hosts[side] != contract.HostDirect
	})
}

// sameHost returns a usage error if the processes of the stored result were not started by the host of this check: what
// a host costs is a part of each ratio.
func (c *comparison) sameHost(a *analysis.Analysis) error {
	if len(usableSides(a)) > 0 {
		return nil
	}
	if len(a.Run.Hosts) == 0 {
		return subject.InvalidOption("base-result", "%s does not name the CGI host that started its processes: it is of "+
			"an older forktax, or has no CGI; measure it again", c.BaseResult)
	}
	others := slices.Compact(slices.Sorted(maps.Values(a.Run.Hosts)))
	others = slices.DeleteFunc(others, func(host string) bool { return host == contract.HostDirect })
	if len(others) == 0 {
		return subject.InvalidOption("base-result", "%s has no side named %s: use a result of forktax check, or of "+
			"forktax run --model %s", c.BaseResult, strings.Join(storedSides, " or "), subject.ScriptModel)
	}
	return subject.InvalidOption("base-result", "%s was measured under another CGI host, %s; a check measures under that "+
		"of %s: use a result of forktax check, or of forktax run --model %s", c.BaseResult, strings.Join(others, " and "),
		contract.HostDirect, subject.ScriptModel)
}

// rename changes the name of the workload in a stored result, and of a single request, to the names in this check: two
// CGI executables need not have the same name. The method and the path of a single request are compared later.
func (c *comparison) rename(a *analysis.Analysis) {
	type names struct{ workload, request *string }
	var stored []names
	requests := map[string]bool{}
	for i := range a.Responses {
		stored = append(stored, names{&a.Responses[i].Workload, &a.Responses[i].Request})
	}
	for i := range a.Comparisons {
		stored = append(stored, names{&a.Comparisons[i].Workload, &a.Comparisons[i].Request})
	}
	stored = slices.DeleteFunc(stored, func(n names) bool { return *n.workload == a.Run.Floor })
	for _, n := range stored {
		requests[*n.request] = true
	}
	single := len(requests) == 1 && len(c.workload.Requests) == 1
	for _, n := range stored {
		if *n.workload = c.workload.Name; single {
			*n.request = c.workload.Requests[0].Name
		}
	}
}

func namesOf(env map[string]string) string {
	if len(env) == 0 {
		return "none"
	}
	return strings.Join(slices.Sorted(maps.Keys(env)), ", ")
}

// sameExchange returns a usage error if the stored result has a different request of this name, or a different response
// to it.
func (c *comparison) sameExchange(a *analysis.Analysis, r contract.Request) error {
	now := analysis.RequestOf(r)
	for _, side := range usableSides(a) {
		for _, then := range a.Responses {
			if then.Workload != c.workload.Name || then.Request != r.Name || then.Model != side {
				continue
			}
			if unlike := then.Mismatch(now, r.Want); unlike != "" {
				return subject.InvalidOption("base-result", "%s is for a different %s", c.BaseResult, unlike)
			}
			return nil
		}
	}
	return nil
}

// widening returns the factor by which half a 95% interval has to grow for a one-sided error rate of alpha,
// shared by the gates. An error in a stored ratio affects the confirming part as well, so a second look does
// not protect against it.
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

// ratio returns the stored ratio of one request for one metric, or the reason why there is none.
func (c *comparison) ratio(a *analysis.Analysis, request, metric string) (plan.StoredRatio, string) {
	name := subject.RequestName(c.workload.Name, request)
	for _, side := range usableSides(a) {
		cell := cellOf(c.workload.Name, request, side)
		for _, r := range a.Comparisons {
			if r.Workload != cell.Workload || r.Request != request || r.Load != cell.Load || r.Candidate != side ||
				r.Baseline != subject.FloorWorkload || r.Metric != metric {
				continue
			}
			if r.Starts < fewestStarts {
				return plan.StoredRatio{}, fmt.Sprintf("has %s of the targets for %s, too few for a confidence interval over "+
					"starts, which needs %d: measure it again with a longer --budget", units.Plural(r.Starts, "start"), name,
					fewestStarts)
			}
			if r.RatioLow == nil || r.RatioHigh == nil {
				return plan.StoredRatio{}, fmt.Sprintf("has too few blocks for a confidence interval of %s for %s", metric, name)
			}
			if !(0 < *r.RatioLow && *r.RatioLow <= r.Ratio && r.Ratio <= *r.RatioHigh) {
				return plan.StoredRatio{}, fmt.Sprintf("has an invalid confidence interval of %s for %s: %v to %v, estimate %v",
					metric, name, *r.RatioLow, *r.RatioHigh, r.Ratio)
			}
			slack := max(math.Log(*r.RatioHigh/r.Ratio), math.Log(r.Ratio / *r.RatioLow))
			return plan.StoredRatio{Request: request, Metric: metric, Ratio: r.Ratio, Slack: slack}, ""
		}
	}
	return plan.StoredRatio{}, fmt.Sprintf("has no %s over the floor for %s", metric, name)
}
