package analysis

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"forktax/bench/foreign"
	"forktax/bench/record"
)

// ReadAnalysis reads a stored analysis, a result.json. Anything but a complete one is an error that names the file and
// the problem: an incomplete file must not be taken for a result with few cells. The analysis has no histograms and no
// samples, which are computed from a run's blocks.
func ReadAnalysis(name string) (*Analysis, error) {
	content, err := foreign.ReadFile(name, maxResult)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(content))
	var text json.RawMessage
	switch err := d.Decode(&text); {
	case err == io.EOF:
		return nil, fmt.Errorf("%s: file is empty; %s", name, wantsResult)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s: JSON is truncated; %s", name, wantsResult)
	case err != nil:
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%s: not JSON: byte %d: %w; %s", name, syntax.Offset, err, wantsResult)
		}
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s: unexpected data after the JSON value; %s", name, wantsResult)
	}
	a, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: not a forktax result: %w; %s", name, err, wantsResult)
	}
	return a, nil
}

// maxResult is the largest size of a result in bytes, far above the size of any run's result.
const maxResult = 64 << 20

const wantsResult = "give a result.json written by forktax run"

// parse reads the JSON of an analysis. It checks the schema first, because other schemas have other fields.
func parse(text []byte) (*Analysis, error) {
	text, err := record.UpgradeAnalysis(text)
	if err != nil {
		return nil, err
	}
	var a Analysis
	if err := foreign.UnmarshalJSON(text, &a); err != nil {
		return nil, err
	}
	if a.Run.ID == "" {
		return nil, errors.New("run.id is missing")
	}
	if len(a.Cells) == 0 && len(a.ColdStarts) == 0 {
		return nil, errors.New("cells is missing or empty")
	}
	for i, c := range a.Cells {
		if c.Workload == "" || c.Request == "" || c.Model == "" ||
			c.Load.Kind != record.Closed && c.Load.Kind != record.Open {
			return nil, fmt.Errorf("cell %d: workload, request, model or load is missing", i+1)
		}
		if err := c.validate(); err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
	}
	return &a, a.validate()
}

// validate returns an error if values are missing or impossible that reports use together.
func (a *Analysis) validate() error {
	for i, c := range a.Comparisons {
		if err := errors.Join(bounds("ratio", c.RatioLow, c.RatioHigh),
			bounds("difference", c.DifferenceLow, c.DifferenceHigh)); err != nil {
			return fmt.Errorf("comparison %d: %w", i+1, err)
		}
		if c.Ratio <= 0 {
			return fmt.Errorf("comparison %d: the ratio is %g; must be positive", i+1, c.Ratio)
		}
	}
	for i, l := range a.ReuseLevels {
		if len(l.Steps) == 0 {
			return fmt.Errorf("reuse level %d: steps is missing or empty", i+1)
		}
		for j, s := range l.Steps {
			for _, e := range []Estimate{s.Response, s.Phases, s.CPU} {
				if err := bounds("estimate", e.Low, e.High); err != nil {
					return fmt.Errorf("reuse level %d, step %d: %w", i+1, j+1, err)
				}
			}
		}
	}
	for i, r := range a.Recycling {
		if r.Kept.Value == nil || r.Process.Value == nil {
			return fmt.Errorf("recycling %d: kept_ns or process_ns is missing", i+1)
		}
	}
	for i, s := range a.Sharing {
		if err := bounds("ratio", s.RatioLow, s.RatioHigh); err != nil {
			return fmt.Errorf("sharing %d: %w", i+1, err)
		}
	}
	for i, s := range a.ColdStarts {
		if err := bounds("ratio", s.RatioLow, s.RatioHigh); err != nil {
			return fmt.Errorf("cold start %d: %w", i+1, err)
		}
	}
	for i, d := range a.Decisions {
		if len(d.CoreShares) != len(DecisionRates) {
			return fmt.Errorf("decision %d: has %d core_shares; must have %d", i+1, len(d.CoreShares), len(DecisionRates))
		}
	}
	return nil
}

// bounds returns an error if one bound of an interval is missing.
func bounds(of string, low, high *float64) error {
	if (low == nil) != (high == nil) {
		return fmt.Errorf("one bound of the %s is missing", of)
	}
	return nil
}

// validate returns an error if numbers of a stored cell are impossible.
func (c Cell) validate() error {
	d := c.Distribution
	switch {
	case c.Blocks < 0 || c.InvalidBlocks < 0 || c.InvalidBlocks > c.Blocks:
		return fmt.Errorf("impossible block counts: %d of %d are invalid", c.InvalidBlocks, c.Blocks)
	case c.Requests < 0 || c.Errors < 0 || c.Errors > c.Requests:
		return fmt.Errorf("impossible request counts: %d of %d failed", c.Errors, c.Requests)
	case len(d.FromNS) != len(d.Counts):
		return fmt.Errorf("distribution has %d bins but %d counts", len(d.FromNS), len(d.Counts))
	case !slices.IsSorted(d.FromNS) || len(d.FromNS) > 0 && d.FromNS[0] < 0:
		return errors.New("distribution bins are negative or not in ascending order")
	case slices.ContainsFunc(d.Counts, func(n int64) bool { return n < 0 }):
		return errors.New("distribution has a negative count")
	}
	return record.ValidateLoad(c.Load)
}
