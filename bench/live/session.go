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

// A Session is a demonstration while it goes on. Targets run only while there are viewers.
type Session struct {
	backend Backend
	engines func() map[string]load.Engine // new ones: an engine is used by one goroutine at a time
	engine  string

	mu             sync.Mutex // over what is below; held while a setup changes
	setup          Setup
	current        *run // nil if nothing runs
	viewers        int
	failure        string // why there is none, though there are viewers
	endedProcesses int64  // processes that were started by runs before this one

	closing context.Context // ends when the session does
	close   context.CancelFunc
}

// A run is one setup, with its targets under load.
type run struct {
	sides   [2]*side
	cancel  context.CancelFunc
	driving sync.WaitGroup
	stops   []func() error
}

// stop ends the load, and then both targets, as far as they were started.
func (a *run) stop() error {
	a.cancel()
	a.driving.Wait()
	var errs []error
	for _, stop := range a.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// gracePeriod is how long targets go on without a viewer: a page that is loaded again comes back at once.
const gracePeriod = 3 * time.Second

// viewsPerCore and maxViews are how often a second a page is told. A browser on the same machine takes its processor
// for each view, of which so many are within 3% of what a resident twin can do with it: task bench:live.
const (
	viewsPerCore = 1
	maxViews     = 10
)

// viewInterval is the time from one view to the next.
func viewInterval() time.Duration {
	return time.Duration(float64(time.Second) / min(viewsPerCore*float64(runtime.NumCPU()), maxViews))
}

// NewSession returns a session that begins with the setup when there is a viewer.
func NewSession(stage Backend, engines func() map[string]load.Engine, engine string, first Setup) (*Session, error) {
	if err := first.validate(stage.Choices()); err != nil {
		return nil, err
	}
	closing, end := context.WithCancel(context.Background())
	return &Session{backend: stage, engines: engines, engine: engine, setup: first, closing: closing, close: end}, nil
}

// Set changes the setup to one that has been checked. What runs is ended, and begins again.
func (s *Session) Set(next Setup) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.end()
	s.setup = next
	if s.viewers > 0 {
		err = errors.Join(err, s.begin())
	}
	return err
}

// begin starts both sides. Mu is held.
func (s *Session) begin() (err error) {
	defer func() {
		if err != nil {
			s.failure = err.Error()
		}
	}()
	if s.closing.Err() != nil {
		return errors.New("the demonstration has ended")
	}
	ctx, cancel := context.WithCancel(s.closing)
	a := &run{cancel: cancel}
	for i := range a.sides {
		target, request, end, err := s.backend.Launch(ctx, s.setup, i)
		if err != nil {
			return errors.Join(fmt.Errorf("starting %s as %s: %w", s.setup.Workload, s.setup.Models[i], err), a.stop())
		}
		a.stops = append(a.stops, end)
		own := &side{model: s.setup.Models[i], target: target, began: time.Now(), client: &http.Client{}}
		own.view(ctx) // what it counts begins here
		a.sides[i] = own
		a.driving.Go(func() { own.watch(ctx) })
		var engines []load.Engine
		for range turns {
			engines = append(engines, s.engines()[s.engine])
		}
		load := s.setup.load()
		a.driving.Go(func() { own.drive(ctx, engines, request, load) })
	}
	s.current, s.failure = a, ""
	return nil
}

// end ends what runs. Mu is held.
func (s *Session) end() error {
	if s.current == nil {
		return nil
	}
	for _, side := range s.current.sides {
		s.endedProcesses += side.view(context.Background()).Processes
		side.client.CloseIdleConnections()
	}
	err := s.current.stop()
	s.current = nil
	return err
}

// maxViewers is how many pages there may be at once. Each is a connection, and has both targets asked for their usage.
const maxViewers = 8

// addViewer adds a viewer; it returns false if there are as many as there may be.
func (s *Session) addViewer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.viewers >= maxViewers {
		return false
	}
	if s.viewers++; s.current == nil {
		_ = s.begin() // the page is told of the failure
	}
	return true
}

// removeViewer removes one. When there was no viewer for a while, what runs is ended.
func (s *Session) removeViewer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.viewers--; s.viewers > 0 {
		return
	}
	time.AfterFunc(gracePeriod, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.viewers == 0 {
			_ = s.end()
		}
	})
}

// Close ends what runs, and what is about to. Nothing begins any more.
func (s *Session) Close() error {
	s.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// A Frame is what a page is told at one time.
type Frame struct {
	Setup     Setup  `json:"setup"`
	Sides     []View `json:"sides"`
	Processes int64  `json:"processes"` // started since the session began
	Failure   string `json:"failure,omitempty"`
}

// frame takes a look at what runs.
func (s *Session) frame(ctx context.Context) Frame {
	s.mu.Lock()
	a, f := s.current, Frame{Setup: s.setup, Sides: []View{}, Processes: s.endedProcesses, Failure: s.failure}
	s.mu.Unlock()
	if a == nil {
		return f
	}
	var looks sync.WaitGroup
	f.Sides = make([]View, len(a.sides))
	for i, side := range a.sides {
		looks.Go(func() { f.Sides[i] = side.view(ctx) })
	}
	looks.Wait()
	for _, v := range f.Sides {
		f.Processes += v.Processes
	}
	return f
}
