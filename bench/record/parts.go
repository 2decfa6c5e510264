package record

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/plan"
)

// A ClockOffset bounds the difference of two clocks: that of the server's machine, as the Date of its responses tells
// it, minus that of this machine.
type ClockOffset struct {
	LowNS   int64  `json:"low_ns"`
	HighNS  int64  `json:"high_ns"`
	Unknown string `json:"unknown,omitempty"` // why it is unknown; "" if it is known
}

// validate returns an error if the bounds are out of range.
func (c ClockOffset) validate() error {
	low := float64(c.LowNS)
	return validate([]bound{{"low_ns", low, -maxNS, maxNS}, {"high_ns", float64(c.HighNS), low, maxNS}})
}

// validateHead returns an error if a number of the head, besides those of its plan, is invalid.
func validateHead(h Head) error {
	for _, p := range h.Parts {
		err := validate([]bound{{"the number of a part", float64(p.Number), 1, plan.MaxParts},
			{"the blocks of a part", float64(p.Blocks), 0, maxCount}, {"the starts of a part", float64(p.Starts), 0, maxStarts}})
		if err == nil && p.Clock != nil {
			err = p.Clock.validate()
		}
		if err != nil {
			return err
		}
	}
	if len(h.Parts) > plan.MaxParts {
		return fmt.Errorf("the run has %d parts; must have at most %d", len(h.Parts), plan.MaxParts)
	}
	return nil
}

// AddClock records the offset of the server's clock, before or after the blocks of a part.
func (r *Record) AddClock(c ClockOffset) error { return r.writeLine(entry{Clock: &c}) }

// A PartRun is a part of a merged run: one of several machines that measured it together.
type PartRun struct {
	Number      int         `json:"number"`
	ID          string      `json:"id"` // of its run
	Started     time.Time   `json:"started"`
	Environment Environment `json:"environment"`
	Blocks      int         `json:"blocks"`
	Starts      int         `json:"starts,omitempty"` // starts of the targets, in a check
	// Clock bounds the offset of the server's clock; nil if it is unknown.
	Clock *ClockOffset `json:"clock,omitempty"`
	// Problems lists why blocks of the part are missing or invalid.
	Problems []string `json:"problems,omitempty"`
	// Lost reports that the part was killed, or left no run directory.
	Lost bool `json:"lost,omitempty"`
}

// A BlockPart is the share of a part in a block of a merged run. Its observations follow those of the part before it.
type BlockPart struct {
	Part        int   `json:"part"`
	Requests    int   `json:"requests"`
	Bytes       int64 `json:"bytes"` // of its observations
	LengthNS    int64 `json:"length_ns"`
	GeneratorNS int64 `json:"generator_cpu_ns"`
	LateNS      int64 `json:"late_ns,omitempty"` // how much later than planned it began; negative: earlier
	Late        bool  `json:"late,omitempty"`    // it was later or earlier than allowed
}

// validateParts returns an error if the shares of a block do not add up to it.
func validateParts(b Block) error {
	requests, bytes := 0, int64(0)
	for _, p := range b.Parts {
		err := validate([]bound{{"the requests of a part", float64(p.Requests), 0, float64(b.Requests)},
			{"the bytes of a part", float64(p.Bytes), 0, float64(b.Observations.Bytes)},
			{"the length_ns of a part", float64(p.LengthNS), 0, maxNS}, {"late_ns", float64(p.LateNS), -maxNS, maxNS},
			{"the generator_cpu_ns of a part", float64(p.GeneratorNS), 0, maxNS}})
		if err != nil {
			return err
		}
		requests, bytes = requests+p.Requests, bytes+p.Bytes
	}
	if len(b.Parts) > 0 && (requests != b.Requests || bytes != b.Observations.Bytes) {
		return fmt.Errorf("the parts of a block have %d requests in %d bytes; the block has %d in %d", requests, bytes,
			b.Requests, b.Observations.Bytes)
	}
	return nil
}

// spans returns the positions of the observations of a block, one for each part of a merged run, and their numbers.
func (b Block) spans() (spans []Span, requests []int) {
	if len(b.Parts) == 0 {
		return []Span{b.Observations}, []int{b.Requests}
	}
	at := b.Observations.Offset
	for _, p := range b.Parts {
		spans, requests = append(spans, Span{at, p.Bytes}), append(requests, p.Requests)
		at += p.Bytes
	}
	return spans, requests
}

// A Source is the file with the observations of a part.
type Source struct{ file *os.File }

// OpenSource opens the observations of the run in the directory dir.
func OpenSource(dir string) (*Source, error) {
	f, err := foreign.Open(filepath.Join(dir, observationsFile))
	if err != nil {
		return nil, fmt.Errorf("reading observations: %w", err)
	}
	return &Source{f}, nil
}

// Close closes the file.
func (s *Source) Close() error { return s.file.Close() }

// Merge writes a block of a merged run. Its parts are shares[i], whose observations are copied from sources[i]. Merge
// sets the requests of the block and the position of its observations.
func (r *Record) Merge(b Block, shares []Block, sources []*Source) error {
	b.Requests, b.Observations = 0, Span{Offset: r.offset}
	for i, share := range shares {
		b.Requests += share.Requests
		b.Observations.Bytes += share.Observations.Bytes
		section := io.NewSectionReader(sources[i].file, share.Observations.Offset, share.Observations.Bytes)
		n, err := io.Copy(r.observations, section)
		if err == nil && n != share.Observations.Bytes {
			err = errCutOff
		}
		if errors.Is(err, errCutOff) {
			return fmt.Errorf("%s: block at byte %d: %w", sources[i].file.Name(), share.Observations.Offset, err)
		}
		if err != nil {
			return NewWriteError(r.observations.Name(), err)
		}
	}
	r.offset += b.Observations.Bytes
	if err := r.writeLine(entry{Block: &b}); err != nil {
		return err
	}
	r.Blocks++
	return nil
}

// IsRun reports whether dir is the directory of a run.
func IsRun(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, blocksFile))
	return err == nil && info.Mode().IsRegular()
}
