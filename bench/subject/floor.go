package subject

import "context"

// FloorWorkload is the name of the floor: a workload program whose child is the smallest program that can respond. It
// has only models with a process for each request.
const FloorWorkload = "floor"

// A Floor is the floor program, or the reason why it is missing. Both are zero if a run is not compared with the floor.
type Floor struct {
	*Program
	Missing string
}

// FindFloor finds the floor and prepares its data once, to prove that the program can be executed. It returns an error
// if the program cannot be built or executed, as on some operating systems.
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
