package merge

import (
	"fmt"
	"strings"
	"time"

	"forktax/bench/record"
)

// mergeChecks merges the parts of a check, each of which measured both programs by itself. The starts of the targets
// are numbered on.
func mergeChecks(parts []*part, results string) (string, error) {
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
		length += time.Duration(p.Tail.LengthNS)
		switch {
		case p.Tail == record.Tail{}:
			p.problems = append(p.problems, "it was killed")
		case !p.Tail.Complete:
			p.problems = append(p.problems, "it ended early: "+strings.ReplaceAll(p.Tail.Condition, "\n", "; "))
		}
	}
	return write(parts, merged, length, results)
}

// samePrograms returns an error if the programs of a part are not those of the first part, unless its processor needs
// others.
func (p *part) samePrograms(first *part) error {
	if p.Environment.Arch != first.Environment.Arch {
		return nil
	}
	hashes := map[string]string{}
	for _, program := range first.Environment.Programs {
		hashes[program.Workload+" "+strings.Join(program.Variants, " ")] = program.SHA256
	}
	for _, program := range p.Environment.Programs {
		if had := hashes[program.Workload+" "+strings.Join(program.Variants, " ")]; had != program.SHA256 {
			return fmt.Errorf("%s and %s measured different programs: %s has other contents (SHA-256 %.12s and %.12s); build "+
				"the programs once, and give all parts the same files", first.name(), p.name(), program.Path, had, program.SHA256)
		}
	}
	return nil
}
