package check

import (
	"time"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/stats/sequential"
)

// firstStart is how long a start of the targets is measured in the first stage. It doubles with each stage.
const firstStart = 50 * time.Millisecond

// next returns the function that decides from the record in dir how the next start of the targets is measured. The
// check ends when a look has decided or its time is over: the budget and, after an alarm, the time to confirm it.
func next(p plan.Plan) func(dir string) func(starts int, elapsed time.Duration) (run.NextStart, error) {
	return func(dir string) func(int, time.Duration) (run.NextStart, error) {
		budget := time.Duration(p.BudgetNS)
		stage, look, limit, found := 0, sequential.FirstLook, budget, ""
		return func(starts int, elapsed time.Duration) (run.NextStart, error) {
			if starts == look || elapsed >= limit && starts > 0 {
				result, err := record.Read(dir)
				if err != nil {
					return run.NextStart{}, err
				}
				j, err := analysis.Judge(result, elapsed >= budget)
				if err != nil || j.Verdict != sequential.Open {
					return run.NextStart{}, err
				}
				stage, look = j.Stage, j.NextLook
				if j.Control.Regressed {
					found = p.Check.Control
				}
				if j.Alarmed {
					limit = budget + time.Duration(p.Check.ConfirmNS)
				}
			}
			if elapsed >= limit {
				return run.NextStart{}, nil
			}
			return run.NextStart{Length: firstStart << stage, Until: limit, Overtime: elapsed >= budget,
				LeaveOut: found}, nil
		}
	}
}
