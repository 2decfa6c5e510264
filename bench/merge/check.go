package merge

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats/sequential"
)

// mergeChecks merges the parts of a check, each of which measured both programs by itself. The starts of the targets
// are numbered on.
func mergeChecks(ctx context.Context, parts []*part, results string) (string, error) {
	var merged []mergedBlock
	var length time.Duration
	start, round := 0, 0
	for i, p := range parts {
		nextRound := round
		for _, b := range p.Blocks {
			own := b
			b.Start, b.Round = b.Start+start, b.Round+round
			nextRound = max(nextRound, b.Round+1)
			p.starts = max(p.starts, own.Start+1)
			merged = append(merged, mergedBlock{Block: b, shares: []record.Block{own}, from: []int{i}})
		}
		start, round = start+p.starts, nextRound
		length = max(length, time.Duration(p.Tail.LengthNS)) // of each machine
		switch {
		case p.dir == "":
			p.lost, p.problems = true, append(p.problems, "its run directory was not given")
		case p.Tail == record.Tail{}:
			p.lost, p.problems = true, append(p.problems, "it has no end: it was killed, or is still running")
		case !p.Tail.Complete:
			p.problems = append(p.problems, "it ended early: "+strings.ReplaceAll(p.Tail.Condition, "\n", "; "))
		}
	}
	mergeCounts(parts)
	return write(ctx, parts, merged, length, results)
}

// mergeCounts gives the first part with a directory, whose plan is that of the merged check, the counts that machines
// of both halves agree on. They have no noise, but a machine may have another environment.
func mergeCounts(parts []*part) {
	whole := first(parts)
	spec := *whole.Plan.Check
	var environments []record.Environment
	var measured []bool
	for _, p := range parts {
		environments, measured = append(environments, p.Environment), append(measured, p.starts > 0)
	}
	machines := record.Machines(environments, measured)
	half := sequential.Screening(machines)
	screens := func(part int) bool { return measured[part] && machines[part] < half }
	confirms := func(part int) bool { return machines[part] >= half }
	type key struct{ metric, request string }
	seen := map[key][]int{} // indexes of the parts that counted
	counts := map[key]plan.StartCount{}
	differ := map[key]string{}
	var order []key
	for i, p := range parts {
		for _, n := range p.Plan.Check.Counts {
			k := key{n.Metric, n.Request}
			if had, ok := counts[k]; !ok {
				order, counts[k] = append(order, k), n
			} else if !maps.Equal(had.Of, n.Of) {
				differ[k] = fmt.Sprintf("parts %d and %d counted differently", seen[k][0]+1, i+1)
			}
			seen[k] = append(seen[k], i)
		}
	}
	spec.Counts, spec.LeftOut = nil, slices.Clone(spec.LeftOut)
	leave := func(gate, why string) {
		if !slices.ContainsFunc(spec.LeftOut, func(l plan.LeftOut) bool { return l.Gate == gate }) {
			spec.LeftOut = append(spec.LeftOut, plan.LeftOut{Gate: gate, Why: why})
		}
	}
	for _, k := range order {
		switch in := seen[k]; {
		case differ[k] != "":
			leave(k.metric, k.request+": "+differ[k])
		case !slices.ContainsFunc(in, screens) || !slices.ContainsFunc(in, confirms):
			leave(k.metric, k.request+": only one half of the machines could count it")
		default:
			spec.Counts = append(spec.Counts, counts[k])
		}
	}
	for _, p := range parts {
		for _, l := range p.Plan.Check.LeftOut { // those of the first are there
			if !slices.ContainsFunc(spec.Counts, func(n plan.StartCount) bool { return n.Metric == l.Gate }) {
				leave(l.Gate, fmt.Sprintf("part %v: %s", p.Plan.Part, l.Why))
			}
		}
	}
	whole.Plan.Check = &spec
}

// samePrograms returns an error if parts on processors of one kind did not measure the same programs. Files of one role
// have the same place among those with their variants, and may have different names.
func samePrograms(parts []*part) error {
	type measured struct {
		by   *part
		hash string
	}
	type role struct {
		arch, variants string
		number         int
	}
	seen := map[role]measured{}
	for _, p := range parts {
		numbers := map[string]int{}
		for _, program := range p.Environment.Programs {
			r := role{arch: p.Environment.Arch, variants: strings.Join(program.Variants, " ")}
			r.number = numbers[r.variants]
			numbers[r.variants]++
			had, known := seen[r]
			if known && had.hash != program.SHA256 {
				return fmt.Errorf("%s and %s measured different programs: %s has other contents (SHA-256 %.12s and %.12s); build "+
					"the programs once, and give all parts the same files", had.by.name(), p.name(), program.Path, had.hash,
					program.SHA256)
			}
			seen[r] = measured{p, program.SHA256}
		}
	}
	return nil
}
