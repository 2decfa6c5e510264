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

// ReadAnalysis reads an analysis that was stored: a result.json. What is not the whole of one is an error that names
// the file, says what is wrong and what is needed: a result that is half there must not be taken for one that says
// little. The analysis has no histograms and no samples, which are made of a run's blocks.
func ReadAnalysis(name string) (*Analysis, error) {
	whole, err := foreign.ReadFile(name, maxResult)
	if err != nil {
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(whole))
	var text json.RawMessage
	switch err := d.Decode(&text); {
	case err == io.EOF:
		return nil, fmt.Errorf("%s is empty; %s", name, wantsResult)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s is cut off: its JSON does not end; %s", name, wantsResult)
	case err != nil:
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("%s is not JSON: byte %d: %w; %s", name, syntax.Offset, err, wantsResult)
		}
		return nil, fmt.Errorf("reading a result: %w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%s goes on after its JSON; %s", name, wantsResult)
	}
	a, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s is no result of forktax: %w; %s", name, err, wantsResult)
	}
	return a, nil
}

// maxResult is how many bytes a result may have, far above what any run leaves.
const maxResult = 64 << 20

const wantsResult = "a result.json is needed, as forktax run leaves it"

// parse reads the JSON of an analysis. It looks at the schema first, since of another one nothing else is known.
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
		return nil, errors.New("it names no run")
	}
	if len(a.Cells) == 0 {
		return nil, errors.New("it has no cells")
	}
	for i, c := range a.Cells {
		if c.Workload == "" || c.Request == "" || c.Model == "" ||
			c.Load.Kind != record.Closed && c.Load.Kind != record.Open {
			return nil, fmt.Errorf("cell %d does not say what it is of", i+1)
		}
		if err := c.validate(); err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
	}
	for i, d := range a.Decisions {
		if len(d.CoreShares) != len(DecisionRates) {
			return nil, fmt.Errorf("decision %d has %d shares of a core; there are %d", i+1, len(d.CoreShares),
				len(DecisionRates))
		}
	}
	return &a, nil
}

// validate returns which numbers of a stored cell cannot be.
func (c Cell) validate() error {
	d := c.Distribution
	switch {
	case c.Blocks < 0 || c.InvalidBlocks < 0 || c.InvalidBlocks > c.Blocks:
		return fmt.Errorf("%d of %d blocks are invalid, which cannot be", c.InvalidBlocks, c.Blocks)
	case c.Requests < 0 || c.Errors < 0 || c.Errors > c.Requests:
		return fmt.Errorf("%d of %d requests failed, which cannot be", c.Errors, c.Requests)
	case len(d.FromNS) != len(d.Counts):
		return fmt.Errorf("its distribution has %d bins and %d counts", len(d.FromNS), len(d.Counts))
	case !slices.IsSorted(d.FromNS) || len(d.FromNS) > 0 && d.FromNS[0] < 0:
		return errors.New("the bins of its distribution are in no order")
	case slices.ContainsFunc(d.Counts, func(n int64) bool { return n < 0 }):
		return errors.New("its distribution has a negative count")
	}
	return record.ValidateLoad(c.Load)
}
