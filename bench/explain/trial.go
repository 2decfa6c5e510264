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

// A Trial says what a switch saved. Bounds are those of an interval that holds for all trials of an explanation
// together.
type Trial struct {
	Name       string   `json:"name"`
	About      string   `json:"about"`
	Verdict    string   `json:"verdict"`
	Why        string   `json:"why,omitempty"` // of a switch that cannot be used
	Pairs      int      `json:"pairs"`         // of blocks
	Base       int64    `json:"base_ns"`       // the median without the switch
	Ratio      *float64 `json:"ratio"`         // with the switch over without it
	RatioLow   *float64 `json:"ratio_low"`
	RatioHigh  *float64 `json:"ratio_high"`
	Saves      *int64   `json:"saves_ns"` // below 0: it costs
	SavesLow   *int64   `json:"saves_low_ns"`
	SavesHigh  *int64   `json:"saves_high_ns"`
	Confidence float64  `json:"confidence"` // of this interval alone
}

// Verdicts of trials.
const (
	Saves      = "saves"
	Costs      = "costs"
	NoneFound  = "no difference found"
	NotUsable  = "not usable"
	TooFewSeen = "too few pairs"
)

// Blocks of a trial are short, since noise is slow, and not of one start alone, unless there is no time for more.
const (
	blockLength = 20 * time.Millisecond
	blockStarts = 3
	enoughPairs = 20
)

// maxErrorRate is the share of explanations in which any of the intervals may miss the truth.
const maxErrorRate = 0.05

// A pairedTrial compares two commands.
type pairedTrial struct {
	base, changed       Command
	confidence          float64
	budget              time.Duration
	random              *rand.Rand
	response            Response // of the program as it is
	varies              bool     // its answers differ among themselves, so that only their status can be compared
	baseline, candidate []float64
}

// runTrials tries every switch that can matter, and tells before each which it is.
func (s *profile) runTrials(ctx context.Context, budget time.Duration, seed uint64, progress func(string)) ([]Trial, error) {
	folder, remove, err := process.TempDir("the trials")
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
		if t.base, t.changed, err = toggle.apply(ctx, s, folder); err == nil {
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

// run visits both sides in turn, in random order, until the budget is used up. It fails if the program does not answer
// as before.
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

// block starts one side so many times, and takes the median.
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

// blockSize is how many starts a block has, if one takes so long.
func blockSize(took, budget time.Duration) int {
	took = max(took, time.Microsecond)
	size := max(blockStarts, int(blockLength/took))
	return max(1, min(size, int(budget/(2*enoughPairs*took))))
}

// startOnce starts one side and holds its answer against that of the program as it is. A body may be another because it
// tells the time; then that of the program as it is has changed by now, too.
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
		return 0, fmt.Errorf("status %d in place of %d", a.Status, t.response.Status)
	case t.varies || a.equal(t.response):
	case isBase:
		t.varies = true
	default:
		if _, err := t.startOnce(ctx, true); err != nil {
			return 0, err
		}
		if !t.varies {
			return 0, fmt.Errorf("the answer has another body")
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
