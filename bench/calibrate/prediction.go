package calibrate

import (
	"context"
	"fmt"
	"math"
	"time"

	"forktax/bench/check"
	"forktax/bench/machine"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
)

// predictionFactor is the factor by which a prediction may be off.
const predictionFactor = 1.5

// A predictionResult is a prediction from a few seconds, and the result of a whole check after it.
type predictionResult struct {
	Predicted []machine.SmallestChange `json:"predicted"`
	Reached   []machine.SmallestChange `json:"reached"`
}

// furthest returns the largest factor, over all gates, by which the prediction is off.
func (r predictionResult) furthest() float64 {
	worst := 1.0
	for i, p := range r.Predicted {
		off := math.Abs(math.Log(p.Change / r.Reached[i].Change))
		worst = max(worst, math.Exp(off))
	}
	return worst
}

// predictionProperty returns the property that checks reach the sensitivity that doctor predicts.
func predictionProperty() Property {
	tries := func(l *Lab) int { return pick(l, 3, 20) }
	budget := func(l *Lab) time.Duration { return pick(l, 15*time.Second, check.DefaultBudget) }
	return Property{
		Name: "prediction", About: "doctor's six-second prediction of the smallest change that a check finds",
		Must:     "within a factor of 1.5 in 18 of 20 (quick: in 2 of 3)",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(tries(l)) * (check.Predicting + budget(l)) },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			n := tries(l)
			all, err := repeated(l, "prediction", n, func(i int) (r predictionResult, err error) {
				p, seed := l.Programs[startupProgram], l.Seed+uint64(i)
				launcher := func() *subject.Launcher { return &subject.Launcher{Exporter: l.Command, Kill: l.Kill} }
				if r.Predicted, err = check.Predict(ctx, p, launcher(), l.Finder, budget(l), seed); err == nil {
					r.Reached, err = check.Reached(ctx, p, launcher(), l.Finder, budget(l), seed)
				}
				if err != nil {
					return r, fmt.Errorf("prediction %d of %d: %w", i+1, n, err)
				}
				return r, nil
			})
			if err != nil {
				return Outcome{}, err
			}
			return judgePredictions(l, all), nil
		},
	}
}

// judgePredictions counts the predictions that are within the factor.
func judgePredictions(l *Lab, all []predictionResult) Outcome {
	right := 0
	table := &Table{Header: []string{"predicted, CPU time", "response time", "reached, CPU time", "response time",
		"off by a factor of"}}
	for _, r := range all {
		if r.furthest() <= predictionFactor {
			right++
		}
		var row []string
		for _, c := range append(r.Predicted[:len(r.Predicted):len(r.Predicted)], r.Reached...) {
			row = append(row, digits(100*c.Change)+"%")
		}
		table.Rows = append(table.Rows, append(row, digits(r.furthest())))
	}
	o := newOutcome(fmt.Sprintf("The smallest change that a check finds in %v at a margin of %g%% was predicted from %v "+
		"of a program against itself, and compared with a check that no look ended, by its standard errors, %d times.",
		pick(l, 15*time.Second, check.DefaultBudget), 100*sequential.DefaultMargin, check.Predicting, len(all)),
		shareMeasure("predictions within a factor of 1.5", right, len(all), atLeast(pick(l, 2.0, 18)), nil))
	o.Table = table
	return o
}
