package analysis

import (
	"strings"

	"forktax/bench/record"
)

// Failed is the code of the warnings that a program responded wrongly so often that it cannot be measured. They make
// the exit status of a run 1. It is also the verdict of a check then.
const Failed = "failed"

// FewErrors is the code of the warning that requests failed, and the rest can be measured.
const FewErrors = "errors"

// programErrors is how many requests failed, but for those that the end of a visit ended.
func (c Cell) programErrors() int {
	return c.Errors - c.ErrorsByClass[record.ErrNotSent] - c.ErrorsByClass[record.ErrUnfinished]
}

// FailureText says which of the cell's requests failed, how often, from which on, and what the target logged: "3 of 90
// requests of hello/hello, cgi, 1 client, epoll failed: 3 wrong status; 500 3 times, from request 31 on; logged: a".
func (c Cell) FailureText() string {
	n := record.FailureCount{Requests: c.Requests, Errors: c.ErrorsByClass, Failures: c.Failures}
	return n.Text(c.String()) + FormatLog(c.LogLines)
}

// groupOf returns what cells have in common that differ only in the model, whose blocks of a round are valid together.
func groupOf(c Cell) record.Cell {
	group := c.Cell
	group.Model = ""
	return group
}

// failing lists the cells with failed requests of which so many blocks are invalid for that alone that the rest may be,
// too, and the groups that they spoil.
func failing(plan record.Plan, a *Analysis) (cells []Cell, groups map[record.Cell]bool) {
	groups = map[record.Cell]bool{}
	for _, c := range a.Cells {
		if c.programErrors() > 0 && tooManyInvalid(c.Invalid[reasonErrors], c.Blocks) && !isAuxiliary(plan, c) {
			cells = append(cells, c)
			groups[groupOf(c)] = true
		}
	}
	return cells, groups
}

// failedWarnings has one for each cell whose requests failed too often.
func failedWarnings(plan record.Plan, a *Analysis) (found []Warning) {
	cells, _ := failing(plan, a)
	for _, c := range cells {
		advice := "find out why the program responds so: what was measured of it is from the other blocks"
		if c.Load.Kind == record.Open {
			advice += "; or plan a lower rate"
		}
		found = append(found, Warning{Code: Failed, Cell: c.String(), Text: c.FailureText(), Advice: advice})
	}
	return found
}

// failures says of each side of a check which of its requests failed, "" if none did; spoilt reports whether they are
// so many that the check rests on nothing.
func (c *Check) failures(plan record.Plan, a *Analysis) (text string, spoilt bool) {
	var lines []string
	for _, cell := range a.Cells {
		if cell.programErrors() > 0 && !isAuxiliary(plan, cell) {
			lines = append(lines, cell.FailureText())
		}
	}
	cells, _ := failing(plan, a)
	return strings.Join(lines, "; "), len(cells) > 0
}
