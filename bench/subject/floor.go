package subject

import (
	"context"

	"forktax/workload/contract"
)

// The floor is a workload program with one model, whose child is the smallest program that can respond.
const FloorWorkload = "floor"

// FloorModel is the model of the floor.
var FloorModel = contract.Fresh().Name

// A Floor is that program, or the reason why it is missing; neither if a run is not compared with it.
type Floor struct {
	*Program
	Missing string
}

// FindFloor finds the floor and prepares its data once, which executes the program. It fails where the program cannot
// be made or executed, on another operating system, for instance.
func FindFloor(ctx context.Context, f *Finder) (*Program, error) {
	found, err := f.Find(ctx, []string{FloorWorkload})
	if err != nil {
		return nil, err
	}
	_, remove, err := found[0].PrepareTemp(ctx, "")
	if err != nil {
		return nil, err
	}
	return &found[0], remove()
}
