package check

import (
	"time"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/stats/sequential"
)

// firstStart is how long a start of the targets is measured in the first stage, and half as long as in the next.
const firstStart = 50 * time.Millisecond

// next returns how long the next start of the targets is, as the record in dir has it; 0 ends the check.
func next(dir string) func(starts int) (time.Duration, error) {
	stage := 0
	return func(starts int) (time.Duration, error) {
		if starts > 0 && starts%sequential.StartsAtOnce == 0 {
			result, err := record.Read(dir)
			if err != nil {
				return 0, err
			}
			j, err := analysis.Judge(result)
			if err != nil || j.Verdict != sequential.Open {
				return 0, err
			}
			stage = j.Stage
		}
		return firstStart << stage, nil
	}
}
