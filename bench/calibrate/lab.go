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

// A Lab has what properties are measured with.
type Lab struct {
	Seed    uint64
	Full    bool // take as long as it takes; else some minutes altogether
	Hostile bool // also with stressors
	// Tool is the command line by which a process of its own calls the function Tool, before its arguments.
	Helper   []string
	Command  string                     // forktax, for the metrics of programs
	Programs map[string]subject.Program // the workload programs, by name
	Finder   *subject.Finder            // of the floor
	Kill     <-chan struct{}            // closed when there is no time to end programs in order; nil: there is
	Progress func(Progress)             // nil means nobody wants to know

	check       func(ctx context.Context, o check.Options, pair check.Pair) (*analysis.Check, error) // nil: a live one
	thief       func(share float64, run func() error) (took float64, err error)                      // nil: a real one
	knownMedian time.Duration                                                                        // of the program of live checks; 0: it is measured
	state       *state
	part        Part // of the calibration that is measured here
	estimate    progressEstimate
	simulation  simulation // nil: the real one
}

// tool makes a command that calls the function Tool.
func (l *Lab) tool(args ...string) *exec.Cmd {
	return exec.Command(l.Helper[0], append(slices.Clone(l.Helper[1:]), args...)...)
}

// A simulation takes the place of the machine, in tests: in it time is computed, and there is no noise.
type simulation interface {
	// own is the engine that is calibrated, nil if there is none. Each call makes another.
	own() load.Engine
	// visit has an engine make a visit, and returns what came of it.
	visit(ctx context.Context, engine load.Engine, sc scenario) (*visitResult, error)
}

// pick is what a quick and a full calibration take.
func pick[T any](l *Lab, quick, full T) T {
	if l.Full {
		return full
	}
	return quick
}

// A visitResult is what came of one visit: what the engine observed, what the server did, and why it is invalid.
type visitResult struct {
	scenario
	visit    load.Visit
	seen     []record.Observation
	real     []Stamp // in the order in which they arrived
	invalid  analysis.Counts
	analysis *analysis.Analysis
}

// A scenario is a load and what goes on meanwhile.
type scenario struct {
	service     ServiceSpec
	load        plan.Load
	length      time.Duration
	minRequests int // requests
	blocks      int // 0 means 1
	seed        uint64
	pause       standstill // of the server
	// expected is the reason for which a visit is invalid that is as it should be; "" is none.
	expected string
}

// A truthClient talks to a ground-truth server that runs.
type truthClient struct {
	foreign subject.External
	control string // its other URL
}

// serve starts a ground-truth server. Stop ends it.
func (l *Lab) serve(ctx context.Context) (s *truthClient, stop func() error, err error) {
	p, err := process.Start(l.tool(helperServe), nil, nil)
	if err != nil {
		return nil, nil, fmt.Errorf("starting the ground-truth server: %w", err)
	}
	const limit = 10 * time.Second
	stop = func() error { return p.Stop(limit, nil) }
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errors.New("it was not ready in time"))
	defer cancel()
	line, err := p.FirstLine(ctx)
	fields := strings.Fields(line)
	if err == nil && len(fields) != 3 {
		err = fmt.Errorf("it said %q", line)
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

// restart returns what the server has done since it was last called, and has it begin again with a standstill.
func (s *truthClient) restart(ctx context.Context, still standstill) (stamps []Stamp, err error) {
	body, _ := json.Marshal(still) // numbers have no error
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.control, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("asking the ground-truth server: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the ground-truth server: %s", resp.Status)
	}
	err = json.NewDecoder(resp.Body).Decode(&stamps)
	return stamps, err
}

// An engineFunc is an engine.
type engineFunc func(ctx context.Context, v load.Visit, rec load.Recorder) error

// Run implements load.Engine.
func (f engineFunc) Run(ctx context.Context, v load.Visit, rec load.Recorder) error {
	return f(ctx, v, rec)
}

// Names of the one cell that a scenario has, and of the engine that is calibrated.
const (
	truthName  = "truth"
	engineName = "calibrated"
)

// visit has the engine make a visit as a run does it, by way of the runner, the record on disk and the analysis, so
// that all of them are calibrated, and returns what came of each block.
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
	runner := run.Runner{Plan: sc.plan(), Launcher: &subject.Launcher{External: []subject.External{s.foreign}}, Engines: map[string]load.Engine{engineName: observed},
		Machine: machine.Counters}
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

// plan is that of a run with one cell.
func (sc scenario) plan() plan.Plan {
	request := contract.Request{Name: "ask", Method: http.MethodGet, Path: sc.service.Path(),
		Want: contract.Want{Body: truthBody}}
	return plan.Plan{
		Workloads: []contract.Description{{Contract: contract.Version, Name: truthName, Requests: []contract.Request{request}}},
		Cells: []plan.Cell{{Workload: truthName, Request: request.Name, Model: truthName, Engine: engineName,
			Load: sc.load}},
		Rounds: max(sc.blocks, 1), Starts: 1, BlockNS: int64(sc.length), MinRequests: max(sc.minRequests, 1), Seed: sc.seed,
	}
}

// epollEngine is the engine that is calibrated, nil if this system does not have it. Each caller gets its own.
func epollEngine() load.Engine { return load.Engines()["epoll"] }

// own is that of the lab's simulation, or else epollEngine.
func (l *Lab) own() load.Engine {
	if l.simulation != nil {
		return l.simulation.own()
	}
	return epollEngine()
}

// closed is a closed loop, poisson and constant are open ones.
func closed(clients int) plan.Load { return plan.Load{Kind: plan.Closed, Concurrency: clients} }

func poisson(rate float64, connections int) plan.Load {
	return plan.Load{Kind: plan.Open, Concurrency: connections, RateRPS: rate, Arrivals: load.Poisson}
}

func constant(rate float64, connections int) plan.Load {
	return plan.Load{Kind: plan.Open, Concurrency: connections, RateRPS: rate, Arrivals: load.Constant}
}
