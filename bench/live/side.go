package live

import (
	"cmp"
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A side is one of the two targets, under load for as long as it runs.
type side struct {
	model  string
	target *subject.Target
	began  time.Time
	client *http.Client

	mu         sync.Mutex   // guards the fields below
	seen       []completion // responses of the last seconds, in order of arrival
	visits     []pass       // the last visits, in the order in which they ended
	errors     int
	requests   int64
	phases     [][]Phase // phases of a random sample of the responses since the last view, filled up with earlier ones
	withPhases int       // number of responses with phases since the last view
	failure    string    // why the load has stopped
	gone       string    // why the target has ended, if it has

	first, last    *contract.Usage // usage at the start and at an earlier view; nil: unknown
	lastAt, readAt time.Time       // when last and the newest usage were requested
	all            contract.Usage  // usage since the start, as far as it is known
	cores          float64         // CPU time per time between the last two views
}

// A pass is a visit that has ended.
type pass struct {
	ended     time.Time
	took      time.Duration // time to which its responses belong
	responses int           // correct ones
}

// A counter counts the correct responses of a visit.
type counter struct {
	*side
	responses int
}

// Observe implements load.Recorder.
func (c *counter) Observe(batch []record.Observation) { c.responses += c.side.observe(batch) }

// A completion is the arrival time of a response, and its response time.
type completion struct {
	at       time.Time
	response time.Duration
}

// Phase is a part of the time of a request.
type Phase struct {
	Name string `json:"name"`
	US   int64  `json:"us"`
}

const (
	visit       = 250 * time.Millisecond // length of a visit
	window      = time.Second
	longest     = 5 * time.Second // window of percentiles, if a shorter one has too few responses for p99
	mostSeen    = 4000            // largest number of responses used for percentiles
	mostPhases  = 8
	turns       = 8                      // engines in an open loop, so that responses may take two seconds
	errorPause  = 500 * time.Millisecond // pause after a failed visit
	lookTimeout = time.Second
)

// drive sends load until ctx ends. In a closed loop, one engine makes one visit after the other. In an open loop, a
// visit must not wait for the last responses of the previous one, so the engines take turns. A target gets less than
// the rate only if a response takes longer than one visit of each other engine.
func (s *side) drive(ctx context.Context, engines []load.Engine, r contract.Request, l plan.Load) {
	v := load.Visit{URL: s.target.URL, Request: r, Load: l, Length: visit}
	if l.Kind == plan.Closed {
		v.MinRequests, engines = 1, engines[:1]
	}
	var driving sync.WaitGroup
	begin := time.Now()
	for i, engine := range engines {
		driving.Go(func() {
			v := v
			for due := begin.Add(time.Duration(i) * visit); sleep(ctx, time.Until(due)); {
				v.Seed = uint64(due.Sub(begin) / visit)
				began, counted := time.Now(), counter{side: s}
				err := engine.Run(ctx, v, &counted)
				if err == nil {
					s.visited(began, l.Kind, counted.responses)
				}
				due = due.Add(time.Duration(len(engines)) * visit)
				if now := time.Now(); l.Kind == plan.Closed || due.Before(now) {
					due = now
				}
				if err != nil && ctx.Err() == nil {
					s.mu.Lock()
					s.failure = err.Error()
					s.mu.Unlock()
					due = time.Now().Add(errorPause)
				}
			}
		})
	}
	driving.Wait()
}

// sleep waits for d, or until ctx ends. It reports whether ctx has not ended.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return ctx.Err() == nil
	}
}

// watch records why the target ends, if it ends before ctx.
func (s *side) watch(ctx context.Context) {
	select {
	case <-ctx.Done():
	case why := <-s.target.Gone:
		s.mu.Lock()
		s.gone = "the target has ended: " + why.Error()
		s.mu.Unlock()
	}
}

// visited records a visit that has ended. In an open loop, its responses are those of the requests that were to arrive
// in it, however long they took.
func (s *side) visited(began time.Time, kind string, responses int) {
	p := pass{ended: time.Now(), took: visit, responses: responses}
	if kind == plan.Closed {
		p.took = p.ended.Sub(began)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.visits = slices.DeleteFunc(append(s.visits, p), func(v pass) bool { return p.ended.Sub(v.ended) > window })
}

// rate returns the correct responses per second of the last visits: responses are known when a visit ends. Mu is held.
func (s *side) rate(now time.Time) float64 {
	if len(s.visits) == 0 || now.Sub(s.visits[len(s.visits)-1].ended) > longest {
		return 0
	}
	responses, took := 0, time.Duration(0)
	for _, v := range s.visits {
		responses, took = responses+v.responses, took+v.took
	}
	return float64(responses) / took.Seconds()
}

// observe records observations, and returns the number of correct responses.
func (s *side) observe(batch []record.Observation) (correct int) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = ""
	for _, o := range batch {
		if o.Err != "" {
			if o.Err != record.ErrInterrupted {
				s.errors++
			}
			continue
		}
		s.requests++
		correct++
		s.seen = append(s.seen, completion{now, o.Response()})
		if phases := phasesOf(o); phases != nil {
			s.sample(phases)
		}
	}
	if n := len(s.seen); n > 2*200_000 { // far more than a window has; reached only without viewers
		s.seen = slices.Clone(s.seen[n-200_000:])
	}
	return correct
}

// sample adds the phases of a response to the random sample. The last responses before a view would not represent the
// others: preparing the view delays them.
func (s *side) sample(phases []Phase) {
	s.withPhases++
	if s.withPhases <= mostPhases {
		s.phases = append(s.phases[max(0, len(s.phases)-mostPhases+1):], phases)
	} else if i := rand.IntN(s.withPhases); i < mostPhases {
		s.phases[i] = phases
	}
}

func phasesOf(o record.Observation) []Phase {
	var phases []Phase
	for p, name := range contract.Phases {
		if ns := o.Timing[p]; ns > 0 {
			phases = append(phases, Phase{name, int64(ns) / 1000})
		}
	}
	return phases
}

// A View is the state of a side that a page shows.
type View struct {
	Model       string           `json:"model"`
	PID         int              `json:"pid"`
	AgeUS       int64            `json:"age_us"`
	RPS         float64          `json:"rps"`
	P50US       int64            `json:"p50_us"`
	P99US       int64            `json:"p99_us"`
	Requests    int64            `json:"requests"`
	Errors      int              `json:"errors"`
	CPU         float64          `json:"cpu"` // cores
	CPUUS       float64          `json:"cpu_us"`
	StartCPUUS  float64          `json:"start_cpu_us"` // CPU time of the target's startup; 0: unknown
	Processes   int64            `json:"processes"`    // number of processes started since the side began
	Connections int64            `json:"connections"`
	Children    []contract.Child `json:"children"`
	NowNS       int64            `json:"now_ns"` // on the clock of Children
	Phases      [][]Phase        `json:"phases"`
	Failure     string           `json:"failure,omitempty"`
}

// view returns the current state of the side.
func (s *side) view(ctx context.Context) View {
	v := View{Model: s.model, PID: s.target.PID, AgeUS: time.Since(s.began).Microseconds(), Children: []contract.Child{}}
	usage, family := contract.Usage{}, contract.Family{}
	asking := time.Now()
	asked := s.fetchJSON(ctx, "/usage", &usage) == nil
	if s.fetchJSON(ctx, "/children", &family) == nil && family.Children != nil {
		v.Children, v.NowNS = family.Children, family.NowNS
	}

	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	recent := s.before(now.Add(-window))
	v.RPS = s.rate(now)
	s.seen = s.seen[max(s.before(now.Add(-longest)), min(recent, len(s.seen)-stats.PercentileNeeds(0.99))):]
	v.P50US, v.P99US = percentiles(s.seen)
	v.Requests, v.Errors, v.Phases, v.Failure = s.requests, s.errors, slices.Clone(s.phases), cmp.Or(s.gone, s.failure)
	s.withPhases = 0
	if asked && s.first == nil {
		s.first, s.last, s.lastAt = &usage, &usage, asking
	}
	if asked && !asking.Before(s.readAt) { // another page may have asked meanwhile
		s.all, s.readAt = usage.Sub(*s.first), asking
		if took := asking.Sub(s.lastAt); took > window/2 {
			s.cores = float64(usage.Sub(*s.last).CPUNS()) / float64(took)
			s.last, s.lastAt = &usage, asking
		}
	}
	if s.first != nil {
		v.StartCPUUS = float64(s.first.CPUNS()) / 1e3
	}
	v.Processes, v.Connections = s.all.ProcessesStarted, s.all.ConnectionsOpened
	if all := s.requests + int64(s.errors); all > 0 {
		v.CPUUS = float64(s.all.CPUNS()) / 1e3 / float64(all)
	}
	v.CPU = s.cores
	return v
}

// before returns the number of seen responses that arrived before then. Mu is held.
func (s *side) before(then time.Time) int {
	i, _ := slices.BinarySearchFunc(s.seen, then, func(a completion, t time.Time) int { return a.at.Compare(t) })
	return i
}

func (s *side) fetchJSON(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.target.AdminURL+path, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(into)
}

// percentiles returns the percentiles of the response times, in µs. If there are many responses, it uses every n-th.
// The median needs only one response, since the rate may be low; p99 is 0 if there are too few.
func percentiles(seen []completion) (p50, p99 int64) {
	if len(seen) == 0 {
		return 0, 0
	}
	step := len(seen)/mostSeen + 1
	values := make([]int64, 0, mostSeen)
	for i := 0; i < len(seen); i += step {
		values = append(values, seen[i].response.Microseconds())
	}
	slices.Sort(values)
	p99, _ = stats.Percentile(values, 0.99)
	return values[stats.NearestRank(0.5, len(values))-1], p99
}
