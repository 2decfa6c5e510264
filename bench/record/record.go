package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The files in a run's directory. They are only appended to, so that the measurements are readable whatever ends the
// run. The other files, except tailFile, are derived from them.
const (
	blocksFile       = "blocks.jsonl"     // one line each for the Head, every WarmUp, Block and so on, and the Tail
	observationsFile = "observations.bin" // see encoding.go
)

// An entry is one line of the blocks file. Exactly one field is set.
type entry struct {
	Head  *Head  `json:"head,omitempty"`
	Block *Block `json:"block,omitempty"`
	Tail  *Tail  `json:"tail,omitempty"`

	WarmUp    *WarmUp      `json:"warm_up,omitempty"`
	ColdStart *ColdStart   `json:"cold_start,omitempty"`
	ColdFiles *ColdFiles   `json:"cold_files,omitempty"`
	Lost      *Lost        `json:"lost,omitempty"`
	Clock     *ClockOffset `json:"clock,omitempty"`
	Responses []Response   `json:"responses,omitempty"` // responses of the targets, before their first block
}

// A Record is the run directory that a run writes to.
type Record struct {
	Dir          string
	Blocks       int // number of blocks on disk, without blocks of warm-ups
	blocks       *os.File
	observations *os.File
	reserve      *reserve // nil if there is none
	encoder      encoder
	offset       int64 // offset of the next block's observations
	whole        int64 // bytes of complete lines in blocks
	count        FailureCount
	names        []string // names of the requests of the block, if it is of a mix
	writeErr     error    // the first write error
}

// Create creates the directory dir, which must not contain a run, and writes the head. If that fails, it removes the
// files that it created.
func Create(dir string, head Head) (_ *Record, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the results directory: %w", err)
	}
	var made []string
	create := func(name string) (*os.File, error) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
		if err != nil {
			return nil, fmt.Errorf("creating the results directory: %w", err)
		}
		made = append(made, f.Name())
		return f, nil
	}
	defer func() {
		if err != nil {
			for _, name := range made {
				err = errors.Join(err, os.Remove(name))
			}
			_ = os.Remove(dir) // fails if it has other files, which must stay
		}
	}()
	blocks, err := create(blocksFile)
	if err != nil {
		return nil, err
	}
	observations, err := create(observationsFile)
	if err != nil {
		return nil, errors.Join(err, blocks.Close())
	}
	r := newRecord(dir, blocks, observations)
	if err = r.writeLine(entry{Head: &head}); err == nil {
		r.reserve, err = newReserve(dir)
	}
	if err != nil {
		return nil, errors.Join(err, r.close())
	}
	return r, nil
}

func newRecord(dir string, blocks, observations *os.File) *Record {
	return &Record{Dir: dir, blocks: blocks, observations: observations,
		encoder: encoder{w: bufio.NewWriterSize(observations, 1<<20)}}
}

// NewRecord returns a Record that writes to files opened by the caller, and writes the head.
func NewRecord(head Head, blocks, observations *os.File) (*Record, error) {
	r := newRecord("", blocks, observations)
	return r, r.writeLine(entry{Head: &head})
}

// Begin starts a block. For a mix, requests has the names of its requests.
func (r *Record) Begin(requests ...string) {
	r.encoder.begin()
	r.names, r.count = requests, FailureCount{}
}

// Observe implements load.Recorder. An engine cannot handle a write error, so End returns it.
func (r *Record) Observe(batch []Observation) {
	for _, o := range batch {
		r.count.observe(o, r.names)
		if err := r.encoder.encode(o); err != nil && r.writeErr == nil {
			r.writeErr = err
		}
	}
}

// ObserveExcerpt implements load.ExcerptRecorder: it stores the first line of the first body of a class.
func (r *Record) ObserveExcerpt(class string, body []byte) { r.count.excerpt(class, body) }

// Requests returns the number of requests of the block observed so far.
func (r *Record) Requests() int { return r.count.Requests }

// FailureText returns a text for the failed requests of the block.
func (r *Record) FailureText() string { return r.count.Failures.Describe(r.count.Errors) }

// Failed returns the number of failed requests of the block so far.
func (r *Record) Failed() int { return r.count.Failed() }

// CutOff returns the number of requests of the block that were ended by the end of its visit.
func (r *Record) CutOff() int { return Block{Errors: r.count.Errors}.CutOff() }

// End adds the observations to the block and writes it.
func (r *Record) End(b Block) error {
	if err := r.encoder.w.Flush(); err != nil && r.writeErr == nil {
		r.writeErr = err
	}
	if r.writeErr != nil {
		return NewWriteError(r.observations.Name(), r.writeErr)
	}
	b.Requests, b.Errors, b.Failures = r.count.Requests, r.count.Errors, r.count.Failures
	b.Observations = Span{r.offset, r.encoder.n}
	r.offset += r.encoder.n
	if err := r.writeLine(entry{Block: &b}); err != nil {
		return err
	}
	if !b.WarmUp {
		r.Blocks++
	}
	return nil
}

// writeLine writes one line in one call, so that a reader never sees part of a line unless the disk was full.
func (r *Record) writeLine(l entry) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if len(b) >= maxLine {
		return NewWriteError(r.blocks.Name(), errLongLine) // readers reject such lines
	}
	n, err := r.blocks.Write(append(b, '\n'))
	if err != nil {
		r.blocks.Truncate(r.whole) // else the tail would follow part of a line, if the disk has room again
		return NewWriteError(r.blocks.Name(), err)
	}
	r.whole += int64(n)
	return nil
}

// Finish writes the tail and closes the files. If the blocks file has no room, the tail goes into the reserve.
func (r *Record) Finish(t Tail) error {
	err := r.writeLine(entry{Tail: &t})
	switch {
	case r.reserve == nil:
	case err == nil:
		err = r.reserve.remove()
	default:
		if r.reserve.writeTail(t) == nil {
			err = nil
		}
		err = errors.Join(err, r.reserve.file.Close())
	}
	return errors.Join(err, r.close())
}

func (r *Record) close() error {
	return errors.Join(r.blocks.Close(), r.observations.Close())
}
