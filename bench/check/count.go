package check

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/explain"
	"forktax/bench/plan"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// uncountable is the reason why gates cannot be counted with a stored base.
const uncountable = "a stored result has no counts"

// countable returns a usage error if the user named a gate that cannot be counted here.
func (o *Options) countable(ctx context.Context) error {
	counted, _ := analysis.Gated()
	wanted := o.gatesIn(counted)
	if !o.GatesNamed || len(wanted) == 0 {
		return nil
	}
	why := errors.New(uncountable)
	if o.BaseResult == "" {
		why = explain.Traceable(ctx)
	}
	if cause := context.Cause(ctx); cause != nil || why == nil {
		return cause
	}
	return subject.InvalidElement("gates", slices.Index(o.Gates, wanted[0]), "%s cannot be counted: %v",
		strings.Join(wanted, ", "), why)
}

// count returns the deterministic counts of both sides, each from a single start. Gates that cannot be counted are left
// out; it is an error if the user named them.
func (c *comparison) count(ctx context.Context, database servers.DataServer) (
	[]plan.StartCount, []plan.LeftOut, error) {
	counted, _ := analysis.Gated()
	wanted := c.gatesIn(counted)
	omit := func(why string) ([]plan.StartCount, []plan.LeftOut, error) {
		var leftOut []plan.LeftOut
		for _, metric := range wanted {
			leftOut = append(leftOut, plan.LeftOut{Gate: metric, Why: why})
		}
		return nil, leftOut, nil
	}
	if len(wanted) == 0 || c.BaseResult != "" {
		return omit(uncountable)
	}
	if database == nil { // a database server would be taken for an orphan
		defer explain.AdoptOrphans()()
	}
	var counts []plan.StartCount
	for _, r := range c.workload.Requests {
		of := map[string]explain.StartCounts{}
		for i, name := range []string{baseName, candidateName} {
			n, err := c.sides[i].count(ctx, c.Spec, r, database)
			var refused *explain.NoTracerError
			var uncounted *uncountedError
			switch {
			case context.Cause(ctx) != nil:
				return nil, nil, context.Cause(ctx)
			case errors.As(err, &refused) && !c.GatesNamed:
				return omit(refused.Error())
			case errors.As(err, &uncounted):
				err = fmt.Errorf("counting %s of %s with strace: %w", r.Name, c.sides[i].title, err)
				if !c.GatesNamed {
					return omit(err.Error())
				}
				return nil, nil, fmt.Errorf("%w; remove %s from --gates to check without counts", err, strings.Join(wanted, ", "))
			case err != nil:
				return nil, nil, err
			}
			of[name] = n
		}
		for _, metric := range wanted {
			counts = append(counts, plan.StartCount{Metric: metric, Request: r.Name, Of: map[string]int64{
				baseName: countOf(of[baseName], metric), candidateName: countOf(of[candidateName], metric)},
				Note: noteOn(of[candidateName], metric)})
		}
	}
	return counts, nil, nil
}

// An uncountedError is a failure of the traced program or of the tracer, not of the preparation.
type uncountedError struct{ error }

func (e *uncountedError) Unwrap() error { return e.error }

func countOf(n explain.StartCounts, metric string) int64 {
	switch metric {
	case analysis.CountProcesses:
		return n.Processes
	case analysis.CountFiles:
		return n.Files
	default:
		return n.Connections
	}
}

// noteOn returns a note on counted processes that the program did not start itself; "" if there are none.
func noteOn(n explain.StartCounts, metric string) string {
	if metric != analysis.CountProcesses || n.Probes == 0 {
		return ""
	}
	return fmt.Sprintf("%d of the candidate's %d is a child process with which Go's os/exec probes for pidfd support "+
		"before the first command", n.Probes, n.Processes)
}

func (s side) count(ctx context.Context, spec subject.Spec, r contract.Request, database servers.DataServer) (
	n explain.StartCounts, err error) {
	url := ""
	if s.keeps != nil && database != nil && (s.keeps.Database == subject.Postgres || s.keeps.Database == subject.LDAP) {
		var remove func() error
		if url, remove, err = database.Provision(ctx); err != nil {
			return n, err
		}
		defer func() { err = errors.Join(err, remove()) }()
	}
	command, remove, err := explain.Prepare(ctx, spec, r, s.path, s.keeps, url)
	if err != nil {
		return n, err
	}
	defer remove()
	if n, err = command.CountStart(ctx); err != nil {
		err = &uncountedError{err}
	}
	return n, err
}
