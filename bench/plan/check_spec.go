package plan

// A CheckSpec is what a run is to decide: whether a candidate is worse than the baseline of the plan. Both are
// variants.
type CheckSpec struct {
	Titles    map[string]string `json:"titles"` // of the variants, for people: paths, or commits
	Candidate string            `json:"candidate"`
	Control   string            `json:"control,omitempty"` // the candidate, delayed by its host: a check must find that
	// BaseControl is what is started as the control in about half of the starts, if it is not "": the base, delayed.
	BaseControl string            `json:"base_control,omitempty"`
	Margin      float64           `json:"margin"`               // so much more is no regression; 0.03 is 3 %
	MustCatch   float64           `json:"must_catch"`           // so much more must be found, and is what the control is delayed by
	Alpha       float64           `json:"alpha"`                // the rate of false alarms, over all metrics
	Metrics     []string          `json:"metrics"`              // that are judged, in this order
	ConfirmNS   int64             `json:"confirm_ns,omitempty"` // after the budget, to confirm an alarm
	Counts      []StartCount      `json:"counts,omitempty"`     // that were made before, of what has no noise
	Stored      *StoredBaseline   `json:"stored,omitempty"`     // in place of a base that is measured
	LeftOut     []LeftOut         `json:"left_out,omitempty"`
	Margins     map[string]Margin `json:"margins,omitempty"` // by metric, of those to which Margin does not apply
}

// A LeftOut is a gate by which the run would judge, and cannot.
type LeftOut struct {
	Gate string `json:"gate"`   // the metric
	Why  string `json:"reason"` // and what would bring it, if something would
}

// StoredBaseline is what another run says of a base: its cost over the floor, a program that never changes.
type StoredBaseline struct {
	File   string        `json:"file"`
	Run    string        `json:"run"`
	Ratios []StoredRatio `json:"ratios"`
}

// A StoredRatio is that of one request by one metric.
type StoredRatio struct {
	Request string  `json:"request"`
	Metric  string  `json:"metric"`
	Ratio   float64 `json:"ratio"`          // over the floor
	Slack   float64 `json:"log_half_width"` // by how much its logarithm may be off, but for alpha shared out to all
}

// A StartCount is how often something happens in one start of the program, of each variant.
type StartCount struct {
	Metric  string           `json:"metric"`
	Request string           `json:"request"`
	Of      map[string]int64 `json:"by_variant"`     // by variant
	Note    string           `json:"note,omitempty"` // on what is counted in it
}
