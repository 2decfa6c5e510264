package explain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"time"

	"forktax/bench/process"
	"forktax/bench/stats"
)

// A Trial is the measured effect of one switch. The bounds are of confidence intervals that hold for all trials of an
// explanation together.
type Trial struct {
	Name       string   `json:"name"`
	About      string   `json:"about"`
	Verdict    string   `json:"verdict"`
	Why        string   `json:"why,omitempty"` // why the switch cannot be used
	Pairs      int      `json:"pairs"`         // number of pairs of blocks
	Base       int64    `json:"base_ns"`       // median without the switch
	Ratio      *float64 `json:"ratio"`         // time with the switch, divided by the time without it
	RatioLow   *float64 `json:"ratio_low"`
	RatioHigh  *float64 `json:"ratio_high"`
	Saves      *int64   `json:"saves_ns"` // below 0: it costs
	SavesLow   *int64   `json:"saves_low_ns"`
	SavesHigh  *int64   `json:"saves_high_ns"`
	Confidence float64  `json:"confidence"` // confidence level of this interval alone
}

// Verdicts of trials.
const (
	Saves      = "saves"
	Costs      = "costs"
	NoneFound  = "no difference found"
	NotUsable  = "not usable"
	TooFewSeen = "too few pairs"
)

// Blocks of a trial are short, since noise changes slowly. They have several starts unless the time is too short.
const (
	blockLength = 20 * time.Millisecond
	blockStarts = 3
	enoughPairs = 20
)

// maxErrorRate is the largest probability that any interval of an explanation does not contain the true value.
const maxErrorRate = 0.05

// A pairedTrial compares two commands.
type pairedTrial struct {
	base, changed       Command
	confidence          float64
	budget              time.Duration
	random              *rand.Rand
	response            Response // response of the unchanged program
	varies              bool     // its responses differ between starts, so that only their status can be compared
	baseline, candidate []float64
}

// runTrials tries each switch that can have an effect, and calls progress before each.
func (s *profile) runTrials(ctx context.Context, budget time.Duration, seed uint64,
	progress func(string)) ([]Trial, error) {
	dir, remove, err := process.TempDir("the trials")
	if err != nil {
		return nil, err
	}
	defer remove()
	var apply []toggle
	for _, t := range toggles {
		if t.when(s) {
			apply = append(apply, t)
		}
	}
	var done []Trial
	for n, toggle := range apply {
		progress(fmt.Sprintf("trying %s (%d of %d, %v each)", toggle.name, n+1, len(apply), budget))
		t := pairedTrial{
			confidence: 1 - maxErrorRate/float64(len(apply)), // Bonferroni
			budget:     budget,
			random:     rand.New(rand.NewPCG(seed, uint64(n))),
			response:   s.response,
			varies:     s.varies,
		}
		result := Trial{Name: toggle.name, About: toggle.about, Confidence: t.confidence}
		if t.base, t.changed, err = toggle.apply(ctx, s, dir); err == nil {
			err = t.run(ctx)
		}
		if cause := context.Cause(ctx); cause != nil {
			return done, cause
		}
		if err != nil {
			result.Verdict, result.Why = NotUsable, err.Error()
		} else {
			t.judge(&result)
		}
		done = append(done, result)
	}
	return done, nil
}

// run measures blocks of both sides in pairs, in random order, until the budget is used up. It fails if the response
// changes.
func (t *pairedTrial) run(ctx context.Context) error {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	changed, err := t.block(ctx, false, 2) // the first may find cold caches
	if err != nil {
		return err
	}
	base, err := t.block(ctx, true, 2)
	if err != nil {
		return err
	}
	began := time.Now()
	starts := blockSize(max(base, changed), t.budget)
	for time.Since(began) < t.budget {
		runtime.GC() // between pairs, never in a block
		first := t.random.IntN(2) == 1
		took := map[bool]time.Duration{}
		for _, isBase := range []bool{first, !first} {
			if took[isBase], err = t.block(ctx, isBase, starts); err != nil {
				return err
			}
		}
		t.baseline = append(t.baseline, float64(took[true]))
		t.candidate = append(t.candidate, float64(took[false]))
	}
	return nil
}

// block starts one side the given number of times, and returns the median duration.
func (t *pairedTrial) block(ctx context.Context, isBase bool, starts int) (time.Duration, error) {
	all := make([]time.Duration, starts)
	for i := range all {
		var err error
		if all[i], err = t.startOnce(ctx, isBase); err != nil {
			return 0, err
		}
	}
	return median(all), nil
}

// blockSize returns the number of starts in a block, if one start takes took.
func blockSize(took, budget time.Duration) int {
	took = max(took, time.Microsecond)
	size := max(blockStarts, int(blockLength/took))
	return max(1, min(size, int(budget/(2*enoughPairs*took))))
}

// startOnce starts one side and compares its response with that of the unchanged program. A body may differ because it
// contains the time, for example. In that case the unchanged program's body differs by now, too.
func (t *pairedTrial) startOnce(ctx context.Context, isBase bool) (time.Duration, error) {
	c := t.changed
	if isBase {
		c = t.base
	}
	start, err := c.Run(ctx)
	if err != nil {
		return 0, err
	}
	a, err := start.Response()
	switch {
	case err != nil:
		return 0, err
	case a.Status != t.response.Status:
		return 0, fmt.Errorf("status %d instead of %d", a.Status, t.response.Status)
	case t.varies || a.equal(t.response):
	case isBase:
		t.varies = true
	default:
		if _, err := t.startOnce(ctx, true); err != nil {
			return 0, err
		}
		if !t.varies {
			return 0, fmt.Errorf("the response body differs")
		}
	}
	return start.Ended, nil
}

// judge computes what the switch saved from the logarithms of the pairs' ratios.
func (t *pairedTrial) judge(result *Trial) {
	result.Pairs, result.Base = len(t.baseline), int64(stats.Median(t.baseline))
	logs := make([]float64, len(t.baseline))
	for i := range logs {
		logs[i] = math.Log(t.candidate[i] / t.baseline[i])
	}
	iv, ok := stats.SignedRank(logs, t.confidence)
	if !ok {
		result.Verdict = TooFewSeen
		return
	}
	ratio, low, high := math.Exp(iv.Estimate), math.Exp(iv.Low), math.Exp(iv.High)
	saved := func(ratio float64) *int64 { return new(int64(math.Round(float64(result.Base) * (1 - ratio)))) }
	result.Ratio, result.RatioLow, result.RatioHigh = &ratio, &low, &high
	result.Saves, result.SavesLow, result.SavesHigh = saved(ratio), saved(high), saved(low)
	switch {
	case high < 1:
		result.Verdict = Saves
	case low > 1:
		result.Verdict = Costs
	default:
		result.Verdict = NoneFound
	}
}
