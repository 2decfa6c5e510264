package analysis

import (
	"forktax/bench/record"
	"strings"
)

// Verdicts of a gate, and of the check that it is a part of.
const (
	Pass         = "pass"
	Regression   = "regression"
	Unconfirmed  = "unconfirmed" // above the margin, but the time to confirm it was over
	Undecided    = "inconclusive"
	Unbounded    = "not bounded" // of a secondary gate, on which a pass does not rest
	countsKind   = "count"
	MeasuredGate = "measured"
)

// A Check is what a comparison of a candidate with its base came to: a verdict, and what it rests on.
type Check struct {
	Base      string   `json:"base"`             // what the sides are, for people: paths, or commits
	Candidate string   `json:"candidate"`        // likewise
	Stored    bool     `json:"stored,omitempty"` // the base was measured by another run, which is the weaker way
	Margin    float64  `json:"margin"`           // of measured gates without one of their own; 0.03 is 3 %
	MustCatch float64  `json:"must_catch"`
	Alpha     float64  `json:"alpha"` // the rate of false alarms, over all gates
	Verdict   string   `json:"verdict"`
	Why       string   `json:"reason"`            // in one sentence
	Needs     string   `json:"needs,omitempty"`   // what would have decided one that is neither a pass nor a regression
	NeedsS    *float64 `json:"needs_s,omitempty"` // how many seconds more that is, if time would do
	Gates     []Gate   `json:"gates"`             // in the order in which they are judged
	Control   *Control `json:"control"`           // nil if there was none
	Starts    int      `json:"starts"`            // starts of the targets that were judged
	Confirmed int      `json:"confirmed"`         // those of them that were to confirm an alarm
	Seconds   float64  `json:"seconds"`

	// LeftOut are gates by which it would judge, and could not. They are neither passed nor failed.
	LeftOut []record.LeftOut `json:"left_out,omitempty"`
}

// A Gate is one thing by which a candidate can fail.
type Gate struct {
	Workload  string      `json:"workload"`
	Request   string      `json:"request"`
	Load      record.Load `json:"load"`
	Metric    string      `json:"metric"`
	Kind      string      `json:"kind"` // "count", which has no noise, or "measured"
	Unit      string      `json:"unit"` // of the values: "ns", "1/s", or "1" for counts a request
	Base      *float64    `json:"base"` // median over the blocks; nil if it is not known
	Candidate *float64    `json:"candidate"`
	Ratio     *float64    `json:"ratio"` // cost of the candidate over the base's: above 1 is worse, for throughput, too
	RatioLow  *float64    `json:"ratio_low"`
	RatioHigh *float64    `json:"ratio_high"`
	P         *float64    `json:"p"` // of no regression; nil for a count
	Pairs     int         `json:"pairs"`
	Verdict   string      `json:"verdict"`
	Why       string      `json:"reason,omitempty"` // if it is not a pass, or a change within its margin

	// An increase above both is a regression. Results of versions with one margin for all gates have none.
	Margin      *float64 `json:"margin,omitempty"` // as a share of the base
	MarginCount int64    `json:"margin_count,omitempty"`
}

// A Control says whether the check would have seen what it was shown: the candidate, delayed by its host.
type Control struct {
	Delay  float64  `json:"delay"`            // share of the response time that the host added
	Metric string   `json:"metric,omitempty"` // by which it was found, or was to be
	Ratio  *float64 `json:"ratio"`            // by that metric
	P      *float64 `json:"p"`
	Found  bool     `json:"found"`
}

// GateLeftOut is what a table has for the verdict of a gate that was left out.
const GateLeftOut = "left out"

// LeftOutLines lists the gates that were left out with the reason, one line for each reason.
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

// leftOutText says for the headline of a pass which gates it does not rest on.
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

// gatesLeftOut warns that a check rests on fewer gates than it would.
func gatesLeftOut(p record.Plan) (Warning, bool) {
	if p.Check == nil || len(p.Check.LeftOut) == 0 {
		return Warning{}, false
	}
	return Warning{Code: "left-out",
		Text:   "gates were left out: " + strings.Join(LeftOutLines(p.Check.LeftOut), "; "),
		Advice: "the verdict rests on the others; get what is missing, or name by --gates what is to be judged"}, true
}
