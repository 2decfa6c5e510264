package calibrate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/process"
	"forktax/bench/stats/sequential"
)

// hostileProperties are the properties that are measured once more beside stressors that take the processor, fork, and
// fill the memory. An inconclusive check is not a wrong one: it says that the machine is too noisy.
func hostileProperties() []Property {
	few := func(l *Lab) int { return pick(l, 5, 50) }
	type measuring = func(context.Context, *Lab) (Outcome, error)
	beside := func(run measuring) measuring {
		return func(ctx context.Context, l *Lab) (Outcome, error) { return l.withStressor(ctx, run) }
	}
	return []Property{{
		Name: "hostile-alike", About: "alarms of the gate beside hostile neighbours, identical programs, live",
		Must: "none", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Run: beside(func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.falseAlarms(ctx, "hostile-alike", few(l), 0)
		}),
	}, {
		Name: "hostile-found", About: "a start-up that costs 10 % more never passes beside hostile neighbours, live",
		Must: "none passes", Hostile: true, Programs: []string{startupProgram},
		Duration: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Run: beside(func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.checks(ctx, checkSet{name: "hostile-found", slower: 0.1, margin: sequential.DefaultMargin,
				mustCatch: sequential.DefaultMustCatch, budget: time.Minute, n: few(l), share: "passed wrongly",
				verdict: analysis.Pass, must: atMost(0)})
		}),
	}, {
		Name: "hostile-labels", About: "rate of alarms with labels drawn anew, α = 5 %, on noise beside hostile neighbours",
		Must: "5 ± 0.65 %", Hostile: true, Programs: []string{startupProgram},
		Duration: takes(70*time.Second, 12*time.Minute),
		Run: beside(func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.labelsOn(ctx, "hostile-labels noise")
		}),
	}}
}

// withStressor has a stressor as long as run goes on.
func (l *Lab) withStressor(ctx context.Context, run func(context.Context, *Lab) (Outcome, error)) (o Outcome, err error) {
	p, err := process.Start(l.tool(helperStress), nil, nil)
	if err != nil {
		return Outcome{}, fmt.Errorf("starting a stressor: %w", err)
	}
	defer func() { err = errors.Join(err, p.Stop(10*time.Second, nil)) }()
	if _, err := p.FirstLine(ctx); err != nil {
		return Outcome{}, fmt.Errorf("starting a stressor: %w", err)
	}
	return run(ctx, l)
}
