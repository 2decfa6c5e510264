package process

import (
	"context"
	"errors"
	"time"
)

// triesEvery is the pause between two tries of Until.
const triesEvery = 10 * time.Millisecond

// Until calls try until it succeeds. If one of the processes ends first, it returns the reason. If ctx ends first, it
// returns the cause together with the last error of try.
func Until(ctx context.Context, try func() error, processes ...*Process) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		for _, p := range processes {
			select {
			case why := <-p.Gone():
				return why
			default:
			}
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(triesEvery):
		}
	}
}
