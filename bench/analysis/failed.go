package analysis

import (
	"strings"

	"forktax/bench/record"
)

// Failed is the code of the warnings that requests to a program failed too often to measure it. They make the exit
// status of a run 1. It is also the verdict of a check in that case.
const Failed = "failed"

// FewErrors is the code of the warning that some requests failed and the others can be measured.
const FewErrors = "errors"

// programErrors returns the number of failed requests, without those that the end of a block ended.
func (c Cell) programErrors() int {
	return c.Errors - c.ErrorsByClass[record.ErrNotSent] - c.ErrorsByClass[record.ErrUnfinished]
}

// FailureText returns which requests of the cell failed, how often, from which request on, and what the target logged:
// "3 of 90 requests of hello/hello, cgi, 1 client, epoll failed: 3 wrong status; 500 3 times, from request 31 on;
// logged: a".
func (c Cell) FailureText() string {
	n := record.FailureCount{Requests: c.Requests, Errors: c.ErrorsByClass, Failures: c.Failures}
	return n.Text(c.String()) + FormatLog(c.LogLines)
}

// groupOf returns the cell without its model. Blocks of a round are valid together if their cells differ only in model.
func groupOf(c Cell) record.Cell {
	group := c.Cell
	group.Model = ""
	return group
}

// failing returns the cells with failed requests that have too many invalid blocks for that reason alone, and the
// groups of these cells.
func failing(plan record.Plan, a *Analysis) (cells []Cell, groups map[record.Cell]bool) {
	groups = map[record.Cell]bool{}
	for _, c := range a.Cells {
		if c.programErrors() > 0 && tooManyInvalid(c.Invalid[reasonErrors], c.Blocks) && !isAuxiliary(plan, c) &&
			!a.isStarved(c) {
			cells = append(cells, c)
			groups[groupOf(c)] = true
		}
	}
	return cells, groups
}

// failedWarnings returns a warning for each cell whose requests failed too often.
func failedWarnings(plan record.Plan, a *Analysis) (found []Warning) {
	cells, _ := failing(plan, a)
	for _, c := range cells {
		advice := "find out why these requests failed: the results are from the other blocks"
		if c.Load.Kind == record.Open {
			advice += "; or use a lower --rate"
		}
		found = append(found, Warning{Code: Failed, Cell: c.String(), Text: c.FailureText(), Advice: advice})
	}
	return found
}

// failures returns which requests of each side of a check failed; "" if none did. tooMany reports whether the check has
// too few other blocks for a verdict.
func (c *Check) failures(plan record.Plan, a *Analysis) (text string, tooMany bool) {
	var lines []string
	for _, cell := range a.Cells {
		if cell.programErrors() > 0 && !isAuxiliary(plan, cell) {
			lines = append(lines, cell.FailureText())
		}
	}
	cells, _ := failing(plan, a)
	return strings.Join(lines, "; "), len(cells) > 0
}
