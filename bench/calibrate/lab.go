package calibrate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/check"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Lab holds everything needed to measure properties.
type Lab struct {
	Seed    uint64
	Full    bool // full calibration, which takes hours; false: quick, which takes minutes
	Hostile bool // also measure properties with stressors
	// Helper is the command line, without the helper's arguments, of a process that calls RunHelper.
	Helper   []string
	Command  string                     // path of forktax, for the metrics of programs
	Programs map[string]subject.Program // workload programs, by name
	Finder   *subject.Finder            // finds the floor
	Kill     <-chan struct{}            // closed to kill programs instead of stopping them in order; nil: never
	Progress func(Progress)             // called with the progress; nil: not called

	// For tests. check replaces a live check; nil: make it.
	check func(ctx context.Context, o check.Options, pair check.Pair) (*analysis.Check, error)
	thief func(share float64, run func() error) (took float64, err error) // replaces the thief; nil: start one

	knownMedian time.Duration // median of the program of live checks; 0: measure it
	state       *state
	part        plan.Part // the part of the calibration that this lab measures
	estimate    progressEstimate
	simulation  simulation // replaces the machine; nil: use the machine
}

// helper returns the command that runs a helper with these arguments.
func (l *Lab) helper(args ...string) *exec.Cmd {
	return exec.Command(l.Helper[0], append(slices.Clone(l.Helper[1:]), args...)...)
}

// A simulation replaces the machine in tests. Its times are computed, without noise.
type simulation interface {
	// own returns a new instance of the engine to calibrate; nil if there is none.
	own() load.Engine
	// visit makes a visit with an engine.
	visit(ctx context.Context, engine load.Engine, sc scenario) (*visitResult, error)
}

// pick returns the value for the lab's mode, quick or full.
func pick[T any](l *Lab, quick, full T) T {
	if l.Full {
		return full
	}
	return quick
}

// A visitResult is the result of one visit.
type visitResult struct {
	scenario
	visit    load.Visit
	seen     []record.Observation // observations of the engine
	real     []Stamp              // stamps of the server, in order of arrival
	invalid  analysis.Counts      // invalid blocks by reason
	analysis *analysis.Analysis
}

// A scenario is a load and the behaviour of the server.
type scenario struct {
	service     ServiceSpec
	load        plan.Load
	length      time.Duration
	minRequests int
	blocks      int // 0 means 1
	seed        uint64
	pause       standstill // pause of the server
	// expected is the reason for which the visit is meant to be invalid; "" if there is none.
	expected string
}

// A truthClient is a client of a running ground-truth server.
type truthClient struct {
	foreign subject.External
	control string // URL of the control server
}

// serve starts a ground-truth server. Stop ends it.
func (l *Lab) serve(ctx context.Context) (s *truthClient, stop func() error, err error) {
	p, err := process.Start(l.helper(helperServe), nil, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("starting the ground-truth server: %w", err)
	}
	const limit = 10 * time.Second
	stop = func() error { return p.Stop(limit, nil) }
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("not ready within 10 s"))
	defer cancel()
	line, err := p.FirstLine(ctx)
	fields := strings.Fields(line)
	if err == nil && len(fields) != 3 {
		err = fmt.Errorf("unexpected output %q", line)
	}
	s = &truthClient{}
	if err == nil {
		s.control = fields[2]
		s.foreign, err = subject.ParseExternal(truthName + "=" + fields[1])
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("starting the ground-truth server: %w", err), stop())
	}
	return s, stop, nil
}

// restart resets the server and returns the stamps since the last call. The server will stall as still describes.
func (s *truthClient) restart(ctx context.Context, still standstill) (stamps []Stamp, err error) {
	body, _ := json.Marshal(still) // cannot fail for numbers
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.control, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("requesting stamps from the ground-truth server: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("requesting stamps from the ground-truth server: %s", resp.Status)
	}
	err = json.NewDecoder(resp.Body).Decode(&stamps)
	return stamps, err
}

// An engineFunc is a load.Engine.
type engineFunc func(ctx context.Context, v load.Visit, rec load.Recorder) error

// Run implements load.Engine.
func (f engineFunc) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	return f(ctx, v, rec)
}

// Names in the plan of a scenario, which has one cell.
const (
	truthName  = "truth"
	engineName = "calibrated"
)

// visit makes a visit with the engine. It goes through the runner, the record on disk and the analysis, as a run does,
// so that all of them are calibrated.
func (l *Lab) visit(ctx context.Context, s *truthClient, engine load.Engine, sc scenario) (*visitResult, error) {
	if l.simulation != nil {
		return l.simulation.visit(ctx, engine, sc)
	}
	it := visitResult{scenario: sc}
	observed := engineFunc(func(ctx context.Context, v load.Visit, rec load.Recorder) error {
		it.visit = v
		if _, err := s.restart(ctx, sc.pause); err != nil {
			return err
		}
		return engine.Run(ctx, v, rec)
	})
	runner := run.Runner{Plan: sc.plan(), Launcher: &subject.Launcher{External: []subject.External{s.foreign}},
		Engines: map[string]load.Engine{engineName: observed}, Machine: machine.Counters}
	err := recordRun(runner, func(r *run.Runner, _ string) error { return r.Run(ctx) }, func(result *record.Result) error {
		for _, b := range result.Blocks {
			for o, err := range result.Observations(b) {
				if err != nil {
					return err
				}
				it.seen = append(it.seen, o)
			}
		}
		var err error
		it.analysis, err = analysis.Analyze(result)
		return err
	})
	if err != nil {
		return nil, err
	}
	it.invalid = it.analysis.Cells[0].Invalid
	it.real, err = s.restart(ctx, standstill{})
	return &it, err
}

// plan returns the plan of a run with one cell.
func (sc scenario) plan() plan.Plan {
	request := contract.Request{Name: "ask", Method: http.MethodGet, Path: sc.service.Path(),
		Want: contract.Want{Body: truthBody}}
	return plan.Plan{
		Workloads: []contract.Description{{Contract: contract.Version, Name: truthName,
			Requests: []contract.Request{request}}},
		Cells: []plan.Cell{{Workload: truthName, Request: request.Name, Model: truthName, Engine: engineName,
			Load: sc.load}},
		Rounds: max(sc.blocks, 1), Starts: 1, BlockNS: int64(sc.length), MinRequests: max(sc.minRequests, 1), Seed: sc.seed,
	}
}

// epollEngine returns a new instance of the engine to calibrate; nil if it is not available on this system.
func epollEngine() load.Engine { return load.Engines()["epoll"] }

// own returns the engine of the lab's simulation; without one, epollEngine.
func (l *Lab) own() load.Engine {
	if l.simulation != nil {
		return l.simulation.own()
	}
	return epollEngine()
}

// closed returns a closed loop; poisson and constant return open loops with a rate in requests per second.
func closed(clients int) plan.Load { return plan.Load{Kind: plan.Closed, Concurrency: clients} }

func poisson(rate float64, connections int) plan.Load {
	return plan.Load{Kind: plan.Open, Concurrency: connections, RateRPS: rate, Arrivals: plan.Poisson}
}

func constant(rate float64, connections int) plan.Load {
	return plan.Load{Kind: plan.Open, Concurrency: connections, RateRPS: rate, Arrivals: plan.Constant}
}
