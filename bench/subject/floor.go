package subject

import (
	"context"
	"fmt"
	"forktax/workload/contract"
	"os"
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

// FindFloor finds the floor and prepares its data once, which executes the program. It fails where the program cannot be
// made or executed, on another operating system, for instance.
func FindFloor(ctx context.Context, f *Finder) (*Program, error) {
	found, err := f.Find(ctx, []string{FloorWorkload})
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the floor: %w", err)
	}
	defer os.RemoveAll(dir)
	_, err = found[0].Prepare(ctx, dir, "")
	return &found[0], err
}
