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

// disturbedToo are the properties that are measured once more beside neighbours that take the processor, fork, and fill
// the memory. An inconclusive check is not a wrong one: it says that the machine is too noisy.
func disturbedToo() []Property {
	few := func(l *Lab) int { return pick(l, 5, 50) }
	type measuring = func(context.Context, *Lab) (Outcome, error)
	beside := func(run measuring) measuring {
		return func(ctx context.Context, l *Lab) (Outcome, error) { return l.beside(ctx, run) }
	}
	return []Property{{
		Name: "hostile-alike", About: "alarms of the gate beside hostile neighbours, identical programs, live",
		Must: "none", Hostile: true, Programs: []string{startupProgram},
		Takes: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Run: beside(func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.alike(ctx, "hostile-alike", few(l), 0)
		}),
	}, {
		Name: "hostile-found", About: "a start-up that costs 10 % more never passes beside hostile neighbours, live",
		Must: "none passes", Hostile: true, Programs: []string{startupProgram},
		Takes: func(l *Lab) time.Duration { return time.Duration(few(l)) * 40 * time.Second },
		Run: beside(func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.checks(ctx, liveSet{name: "hostile-found", slower: 0.1, margin: sequential.DefaultMargin,
				mustCatch: sequential.DefaultMustCatch, budget: time.Minute, n: few(l),
				verdict: analysis.Pass, counted: "passed wrongly", must: atMost(0)})
		}),
	}, {
		Name: "hostile-labels", About: "rate of alarms with labels drawn anew, α = 5 %, on noise beside hostile neighbours",
		Must: "5 ± 0.65 %", Hostile: true, Programs: []string{startupProgram},
		Takes: func(l *Lab) time.Duration { return pick(l, 70*time.Second, 12*time.Minute) },
		Run: beside(func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.labelsOn(ctx, "hostile-labels noise")
		}),
	}}
}

// beside has a hostile neighbour as long as run goes on.
func (l *Lab) beside(ctx context.Context, run func(context.Context, *Lab) (Outcome, error)) (o Outcome, err error) {
	p, err := process.Start(l.tool(toolDisturb), nil, nil)
	if err != nil {
		return Outcome{}, fmt.Errorf("starting a hostile neighbour: %w", err)
	}
	defer func() { err = errors.Join(err, p.Stop(10*time.Second, nil)) }()
	if _, err := p.FirstLine(ctx); err != nil {
		return Outcome{}, fmt.Errorf("starting a hostile neighbour: %w", err)
	}
	return run(ctx, l)
}
