package plan

// A CheckSpec describes a check: whether a candidate is worse than the baseline of the plan. Both are variants.
type CheckSpec struct {
	Titles    map[string]string `json:"titles"` // display names of the variants: paths or commits
	Candidate string            `json:"candidate"`
	Control   string            `json:"control,omitempty"` // positive control: the candidate, delayed by its host
	// BaseControl is the delayed base, which is started as the control in about half of the starts; "" if it never is.
	BaseControl string            `json:"base_control,omitempty"`
	Margin      float64           `json:"margin"`               // largest increase that is not a regression; 0.03 is 3%
	MustCatch   float64           `json:"must_catch"`           // smallest increase to detect; delays the control
	Alpha       float64           `json:"alpha"`                // false alarm rate over all metrics
	Metrics     []string          `json:"metrics"`              // metrics that are tested, in this order
	ConfirmNS   int64             `json:"confirm_ns,omitempty"` // extra time after the budget to confirm an alarm
	Counts      []StartCount      `json:"counts,omitempty"`     // deterministic counts, made before the run
	Stored      *StoredBaseline   `json:"stored,omitempty"`     // replaces a measured base
	LeftOut     []LeftOut         `json:"left_out,omitempty"`
	Margins     map[string]Margin `json:"margins,omitempty"` // margins by metric; override Margin
}

// A LeftOut is a gate that the run cannot evaluate.
type LeftOut struct {
	Gate string `json:"gate"`   // the metric
	Why  string `json:"reason"` // reason, with a remedy if there is one
}

// A StoredBaseline is the result of another run for a base: its cost relative to the floor, a program that never
// changes.
type StoredBaseline struct {
	File   string        `json:"file"`
	Run    string        `json:"run"`
	Ratios []StoredRatio `json:"ratios"`
}

// A StoredRatio is the stored result for one request and one metric.
type StoredRatio struct {
	Request string  `json:"request"`
	Metric  string  `json:"metric"`
	Ratio   float64 `json:"ratio"` // cost relative to the floor
	// Slack is the half width of the interval of log(Ratio), with alpha not divided by the number of comparisons.
	Slack float64 `json:"log_half_width"`
}

// A StartCount is how often an event happens in one start of the program, for each variant.
type StartCount struct {
	Metric  string           `json:"metric"`
	Request string           `json:"request"`
	Of      map[string]int64 `json:"by_variant"`
	Note    string           `json:"note,omitempty"` // explains what is counted
}
