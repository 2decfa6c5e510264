package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"forktax/bench/load"
)

// A Show is a demonstration while it goes on. Targets run only while somebody looks.
type Show struct {
	stage   Stage
	engines func() map[string]load.Engine // new ones: an engine is used by one goroutine at a time
	engine  string

	mu      sync.Mutex // over what is below; held while a setup changes
	setup   Setup
	act     *act // nil if nothing runs
	lookers int
	failure string // why there is none, though somebody looks
	since   int64  // processes that were started by acts before this one

	closing context.Context // ends when the show does
	close   context.CancelFunc
}

// An act is one setup, performed.
type act struct {
	sides   [2]*side
	cancel  context.CancelFunc
	driving sync.WaitGroup
	stops   []func() error
}

// stop ends the load, and then both targets, as far as they were started.
func (a *act) stop() error {
	a.cancel()
	a.driving.Wait()
	var errs []error
	for _, stop := range a.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// curtain is how long after the last look targets go on: a page that is loaded anew comes back at once.
const curtain = 3 * time.Second

// perCore and mostViews are how often a second a page is told. A browser on the same machine takes its processor for each
// view, of which so many are within 3 % of what a resident twin can do with it: task bench:live.
const (
	perCore   = 1
	mostViews = 10
)

// views is the time from one view to the next.
func views() time.Duration {
	return time.Duration(float64(time.Second) / min(perCore*float64(runtime.NumCPU()), mostViews))
}

// NewShow has a show begin with the setup when somebody looks.
func NewShow(stage Stage, engines func() map[string]load.Engine, engine string, first Setup) (*Show, error) {
	if err := first.check(stage.Choices()); err != nil {
		return nil, err
	}
	closing, end := context.WithCancel(context.Background())
	return &Show{stage: stage, engines: engines, engine: engine, setup: first, closing: closing, close: end}, nil
}

// Set changes the setup to one that has been checked. What runs is ended, and begins again.
func (s *Show) Set(next Setup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.end()
	s.setup = next
	if s.lookers > 0 {
		err = errors.Join(err, s.begin())
	}
	return err
}

// begin starts both sides. Mu is held.
func (s *Show) begin() (err error) {
	defer func() {
		if err != nil {
			s.failure = err.Error()
		}
	}()
	if s.closing.Err() != nil {
		return errors.New("the demonstration has ended")
	}
	ctx, cancel := context.WithCancel(s.closing)
	a := &act{cancel: cancel}
	for i := range a.sides {
		target, request, end, err := s.stage.Launch(ctx, s.setup, i)
		if err != nil {
			return errors.Join(fmt.Errorf("starting %s as %s: %w", s.setup.Workload, s.setup.Models[i], err), a.stop())
		}
		a.stops = append(a.stops, end)
		own := &side{model: s.setup.Models[i], target: target, began: time.Now(), client: &http.Client{}}
		own.look(ctx) // what it counts begins here
		a.sides[i] = own
		a.driving.Go(func() { own.watch(ctx) })
		var engines []load.Engine
		for range turns {
			engines = append(engines, s.engines()[s.engine])
		}
		load := s.setup.load()
		a.driving.Go(func() { own.drive(ctx, engines, request, load) })
	}
	s.act, s.failure = a, ""
	return nil
}

// end ends what runs. Mu is held.
func (s *Show) end() error {
	if s.act == nil {
		return nil
	}
	for _, side := range s.act.sides {
		s.since += side.look(context.Background()).Processes
		side.client.CloseIdleConnections()
	}
	err := s.act.stop()
	s.act = nil
	return err
}

// come has somebody look.
func (s *Show) come() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lookers++; s.act == nil {
		_ = s.begin() // the page is told of the failure
	}
}

// leave is the contrary. When nobody has looked for a while, what runs is ended.
func (s *Show) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lookers--; s.lookers > 0 {
		return
	}
	time.AfterFunc(curtain, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.lookers == 0 {
			_ = s.end()
		}
	})
}

// Close ends what runs, and what is about to. Nothing begins any more.
func (s *Show) Close() error {
	s.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// A Frame is what a page is told at one time.
type Frame struct {
	Setup     Setup  `json:"setup"`
	Sides     []View `json:"sides"`
	Processes int64  `json:"processes"` // started since the show began
	Failure   string `json:"failure,omitempty"`
}

// frame takes a look at what runs.
func (s *Show) frame(ctx context.Context) Frame {
	s.mu.Lock()
	a, f := s.act, Frame{Setup: s.setup, Sides: []View{}, Processes: s.since, Failure: s.failure}
	s.mu.Unlock()
	if a == nil {
		return f
	}
	var looks sync.WaitGroup
	f.Sides = make([]View, len(a.sides))
	for i, side := range a.sides {
		looks.Go(func() { f.Sides[i] = side.look(ctx) })
	}
	looks.Wait()
	for _, v := range f.Sides {
		f.Processes += v.Processes
	}
	return f
}
