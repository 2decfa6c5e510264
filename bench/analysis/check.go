package analysis

import (
	"forktax/bench/record"
	"strings"
)

// Verdicts of a gate and of its check, and kinds of gates.
const (
	Pass         = "pass"
	Regression   = "regression"
	Unconfirmed  = "unconfirmed" // above the margin, but there was no time to confirm it
	Undecided    = "inconclusive"
	Unbounded    = "not bounded" // verdict of a secondary gate, which a pass does not depend on
	countsKind   = "count"
	MeasuredGate = "measured"
)

// A Check is the result of comparing a candidate with its base: a verdict and the gates that it depends on.
type Check struct {
	Base      string   `json:"base"`             // display name of the base: a path or a commit
	Candidate string   `json:"candidate"`        // display name of the candidate
	Stored    bool     `json:"stored,omitempty"` // the base was measured in another run, which is less reliable
	Margin    float64  `json:"margin"`           // margin of measured gates without a margin of their own; 0.03 is 3%
	MustCatch float64  `json:"must_catch"`
	Alpha     float64  `json:"alpha"` // false alarm rate over all gates
	Verdict   string   `json:"verdict"`
	Why       string   `json:"reason"`            // reason in one sentence
	Needs     string   `json:"needs,omitempty"`   // what would decide a check that is neither a pass nor a regression
	NeedsS    *float64 `json:"needs_s,omitempty"` // the seconds that it takes in addition; nil if time would not help
	Gates     []Gate   `json:"gates"`             // gates in the order in which they are judged
	Control   *Control `json:"control"`           // nil if there was none
	Starts    int      `json:"starts"`            // starts of the targets that were judged
	Confirmed int      `json:"confirmed"`         // starts of these that were to confirm an alarm
	Seconds   float64  `json:"seconds"`

	// Machines are those of a check in parts. The first half of them raise an alarm, which the others confirm.
	Machines []Machine `json:"machines,omitempty"`

	// LeftOut lists requested gates that could not be judged. They neither pass nor fail.
	LeftOut []record.LeftOut `json:"left_out,omitempty"`
}

// A Gate is a metric of a request with a limit by which a candidate can fail.
type Gate struct {
	Workload  string      `json:"workload"`
	Request   string      `json:"request"`
	Load      record.Load `json:"load"`
	Metric    string      `json:"metric"`
	Kind      string      `json:"kind"` // "count", which has no noise, or "measured"
	Unit      string      `json:"unit"` // unit of the values: "ns", "1/s", or "1" for counts per request
	Base      *float64    `json:"base"` // median over the blocks; nil if unknown
	Candidate *float64    `json:"candidate"`
	Ratio     *float64    `json:"ratio"` // cost of the candidate over the base's: above 1 is worse, also for throughput
	RatioLow  *float64    `json:"ratio_low"`
	RatioHigh *float64    `json:"ratio_high"`
	P         *float64    `json:"p"` // p-value of no regression; nil for a count
	Pairs     int         `json:"pairs"`
	Verdict   string      `json:"verdict"`
	Why       string      `json:"reason,omitempty"` // unless it passes without a change

	// An increase above both is a regression. Results of versions with one margin for all gates have none.
	Margin      *float64 `json:"margin,omitempty"` // share of the base
	MarginCount int64    `json:"margin_count,omitempty"`
}

// A Control is the result of the positive control: the candidate, delayed by its host, which the check must detect.
type Control struct {
	Delay  float64  `json:"delay"`            // share of the response time that the host added
	Metric string   `json:"metric,omitempty"` // metric by which it was, or should have been, detected
	Ratio  *float64 `json:"ratio"`            // ratio by that metric
	P      *float64 `json:"p"`
	Found  bool     `json:"found"`
}

// GateLeftOut is the verdict that tables show for a gate that was left out.
const GateLeftOut = "left out"

// LeftOutLines lists the gates that were left out, one line for each reason.
func LeftOutLines(all []record.LeftOut) (lines []string) {
	var reasons []string
	gates := map[string][]string{}
	for _, l := range all {
		if gates[l.Why] == nil {
			reasons = append(reasons, l.Why)
		}
		gates[l.Why] = append(gates[l.Why], l.Gate)
	}
	for _, why := range reasons {
		lines = append(lines, strings.Join(gates[why], ", ")+": "+why)
	}
	return lines
}

// leftOutText lists, for the headline of a pass, the gates that were left out.
func (c *Check) leftOutText() string {
	if len(c.LeftOut) == 0 {
		return ""
	}
	var names []string
	for _, l := range c.LeftOut {
		names = append(names, l.Gate)
	}
	return "; left out: " + strings.Join(names, ", ")
}

// gatesLeftOut warns that a check could not judge all of its gates.
func gatesLeftOut(p record.Plan) (Warning, bool) {
	if p.Check == nil || len(p.Check.LeftOut) == 0 {
		return Warning{}, false
	}
	return Warning{Code: "left-out",
		Text:   "gates were left out: " + strings.Join(LeftOutLines(p.Check.LeftOut), "; "),
		Advice: "the verdict is based on the other gates; install what is missing, or select gates with --gates"}, true
}
