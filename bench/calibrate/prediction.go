package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"forktax/bench/check"
	"forktax/bench/machine"
	"forktax/bench/stats"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
	"forktax/bench/units"
)

// predictionFactor is the factor by which a prediction may be off.
const predictionFactor = 1.5

// predictionThefts are the shares of each core that a thief takes, in turn, so that the noise differs. The certificate
// shows how far a prediction that ignores it would get (rightByConstant).
var predictionThefts = []float64{0, 0.05, 0.1, 0.2}

// A predictionResult is a prediction from a few seconds, and the result of a whole check after it.
type predictionResult struct {
	Predicted []machine.SmallestChange `json:"predicted"`
	Reached   []machine.SmallestChange `json:"reached"`
	// Shares of each core that a thief should take, and took; 0 without a thief.
	Theft  float64 `json:"theft,omitempty"`
	Stolen float64 `json:"stolen,omitempty"`
}

// furthest returns the largest factor, over all gates, by which the prediction is off.
func (r predictionResult) furthest() float64 { return furthest(r.Predicted, r.Reached) }

func furthest(predicted, reached []machine.SmallestChange) float64 {
	worst := 1.0
	for i, p := range predicted {
		off := math.Abs(math.Log(p.Change / reached[i].Change))
		worst = max(worst, math.Exp(off))
	}
	return worst
}

// rightByConstant returns how many results a constant prediction would be right for: the median of the changes that
// were reached.
func rightByConstant(all []predictionResult) (right int) {
	if len(all) == 0 {
		return 0
	}
	constant := slices.Clone(all[0].Reached)
	for gate := range constant {
		var reached []float64
		for _, r := range all {
			reached = append(reached, r.Reached[gate].Change)
		}
		constant[gate].Change = stats.Median(reached)
	}
	for _, r := range all {
		if furthest(constant, r.Reached) <= predictionFactor {
			right++
		}
	}
	return right
}

// predictionProperty returns the property that checks reach the sensitivity that doctor predicts.
func predictionProperty() Property {
	tries := func(l *Lab) int { return pick(l, 4, 20) }
	budget := func(l *Lab) time.Duration { return pick(l, 15*time.Second, check.DefaultBudget) }
	return Property{
		Name: "prediction", About: "doctor's six-second prediction of the smallest change that a check finds",
		Must:     "within a factor of 1.5 in 18 of 20 (quick: in 3 of 4), whatever a thief takes",
		Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(tries(l)) * (check.Predicting + budget(l)) },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			n := tries(l)
			all, err := repeated(l, "prediction", n, func(i int) (r predictionResult, err error) {
				p, seed := l.Programs[startupProgram], l.Seed+uint64(i)
				launcher := func() *subject.Launcher { return &subject.Launcher{Exporter: l.Command, Kill: l.Kill} }
				run := func() (err error) {
					if r.Predicted, err = check.Predict(ctx, p, launcher(), l.Finder, budget(l), seed); err == nil {
						r.Reached, err = check.Reached(ctx, p, launcher(), l.Finder, budget(l), seed)
					}
					return err
				}
				r.Theft = predictionThefts[i%len(predictionThefts)]
				if r.Theft > 0 {
					r.Stolen, err = l.besideThief(ctx, r.Theft, run)
				}
				if r.Theft == 0 || errors.As(err, new(*refusedThiefError)) {
					err = run()
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
	table := &Table{Header: []string{"thief", "predicted, CPU time", "response time", "reached, CPU time",
		"response time", "off by a factor of"}}
	thieves := 0
	for _, r := range all {
		if r.furthest() <= predictionFactor {
			right++
		}
		row := []string{none}
		if r.Stolen > 0 {
			row[0] = units.Percent(r.Stolen)
		}
		if r.Stolen >= leastTheft*r.Theft && r.Theft > 0 {
			thieves++
		}
		for _, c := range append(r.Predicted[:len(r.Predicted):len(r.Predicted)], r.Reached...) {
			row = append(row, digits(100*c.Change)+"%")
		}
		table.Rows = append(table.Rows, append(row, digits(r.furthest())))
	}
	o := newOutcome(fmt.Sprintf("The smallest change that a check finds in %v at a margin of %g%% was predicted from %v "+
		"of a program against itself, and compared with a check that no look ended, by its standard errors, %d times.",
		pick(l, 15*time.Second, check.DefaultBudget), 100*sequential.DefaultMargin, check.Predicting, len(all)),
		shareMeasure("predictions within a factor of 1.5", right, len(all), atLeast(pick(l, 3.0, 18)), nil),
		shareMeasure("the same by one prediction for all", rightByConstant(all), len(all), nil, nil))
	o.Text += fmt.Sprintf(" Beside a thief: %d.", thieves)
	planned := 0
	for _, r := range all {
		if r.Theft > 0 {
			planned++
		}
	}
	if thieves < planned && o.Verdict == Passed {
		o.Verdict, o.AimMet = Unjudged, nil
		o.Text += fmt.Sprintf(" In %d tries the thief took less than half of its share, or was refused its priority.",
			planned-thieves)
	}
	o.Table = table
	return o
}
