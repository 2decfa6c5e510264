package analysis

import "forktax/bench/record"

// trapWarnings are the traps that were found while the run was prepared.
func trapWarnings(p record.Plan) (found []Warning) {
	for _, t := range p.Traps {
		found = append(found, Warning{Code: t.Code, Text: t.Evidence, Advice: t.Advice})
	}
	return found
}
