package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// The floor is a workload program with one model, whose child is the smallest program that can answer.
const floorWorkload = "floor"

var floorModel = plan.Fresh

// A floor is that program, or why it cannot be had; neither, if nothing in a run is to be held against it.
type floor struct {
	*subject.Program
	why string
}

// floor finds the floor for a run of these programs, and tries it: where no program can be made and executed, on
// another system, say, the run goes on without. The error is that of a run which was told to end.
func (o *options) floor(ctx context.Context, f *subject.Finder, programs []subject.Program) (floor, error) {
	if !o.Floor || o.FindKnee || len(programs) == 0 ||
		!slices.ContainsFunc(o.conditions(), func(c subject.Variant) bool { return c.Model == floorModel }) ||
		slices.ContainsFunc(programs, func(p subject.Program) bool { return p.Name == floorWorkload }) {
		return floor{}, nil
	}
	p, err := tried(ctx, f)
	if err != nil && o.All && context.Cause(ctx) == nil {
		return floor{}, fmt.Errorf("--%s: the floor: %w", requireAll, err)
	}
	if err != nil {
		return floor{why: err.Error()}, context.Cause(ctx)
	}
	return floor{Program: p}, nil
}

func tried(ctx context.Context, f *subject.Finder) (*subject.Program, error) {
	found, err := f.Find(ctx, []string{floorWorkload})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the floor: %w", err)
	}
	defer os.RemoveAll(dir)
	_, err = found[0].Prepare(ctx, dir, "") // which executes what it made
	return &found[0], err
}
