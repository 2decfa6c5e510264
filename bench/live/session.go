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

// A Session is a running demonstration. Targets run only while there are viewers.
type Session struct {
	backend Backend
	engines func() map[string]load.Engine // returns new engines, since an engine is used by one goroutine at a time
	engine  string

	mu             sync.Mutex // guards the fields below; held while a setup changes
	setup          Setup
	current        *run // nil if nothing runs
	viewers        int
	arrivals       int    // pages that were opened
	failure        string // reason why nothing runs although there are viewers
	endedProcesses int64  // number of processes started by earlier runs

	closing context.Context // ends with the session
	close   context.CancelFunc
}

// A run is one setup, with its targets under load.
type run struct {
	sides   [2]*side
	cancel  context.CancelFunc
	driving sync.WaitGroup
	stops   []func() error
}

// stop stops the load, and then the targets that were started.
func (a *run) stop() error {
	a.cancel()
	a.driving.Wait()
	var errs []error
	for _, stop := range a.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}

// gracePeriod is the time for which targets keep running without viewers, so that reloading the page does not stop
// them.
const gracePeriod = 3 * time.Second

// viewsPerCore and maxViews limit the views per second. A browser on the same machine needs CPU time for each view.
// With these limits, a persistent server loses at most 3% of its throughput, as measured by task bench:live.
const (
	viewsPerCore = 1
	maxViews     = 10
)

// viewInterval returns the time from one view to the next.
func viewInterval() time.Duration {
	return time.Duration(float64(time.Second) / min(viewsPerCore*float64(runtime.NumCPU()), maxViews))
}

// NewSession returns a session that starts the setup when the first viewer is added.
func NewSession(stage Backend, engines func() map[string]load.Engine, engine string, first Setup) (*Session, error) {
	if err := first.validate(stage.Choices()); err != nil {
		return nil, err
	}
	closing, end := context.WithCancel(context.Background())
	return &Session{backend: stage, engines: engines, engine: engine, setup: first, closing: closing, close: end}, nil
}

// Set changes the setup, which must be valid. It stops the current run and, if there are viewers, starts a new one.
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
			return errors.Join(fmt.Errorf("starting %s as %s: %w", s.setup.Workload, s.setup.Models[i], err),
				a.stop())
		}
		a.stops = append(a.stops, end)
		own := &side{model: s.setup.Models[i], target: target, began: time.Now(), client: &http.Client{}}
		own.view(ctx) // its counters start here
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

// end stops the current run. Mu is held.
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

// maxViewers is the largest number of open pages. Each keeps a connection open, and requests the usage of both targets.
const maxViewers = 8

// addViewer adds a viewer. It returns false if there are maxViewers already.
func (s *Session) addViewer() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.viewers >= maxViewers {
		return false
	}
	s.arrivals++
	if s.viewers++; s.current == nil {
		_ = s.begin() // the page shows the failure
	}
	return true
}

// removeViewer removes a viewer. The run stops after gracePeriod without viewers.
func (s *Session) removeViewer() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.viewers--; s.viewers > 0 {
		return
	}
	arrivals := s.arrivals
	time.AfterFunc(gracePeriod, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.viewers == 0 && s.arrivals == arrivals { // no page has been opened since
			_ = s.end()
		}
	})
}

// Close stops the current run, ends a start in progress, and prevents new ones.
func (s *Session) Close() error {
	s.close()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end()
}

// A Frame is the state of the session that is sent to a page.
type Frame struct {
	Setup     Setup  `json:"setup"`
	Sides     []View `json:"sides"`
	Processes int64  `json:"processes"` // number of processes started since the session began
	Failure   string `json:"failure,omitempty"`
}

// frame returns the current state.
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
