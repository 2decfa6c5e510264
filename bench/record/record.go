package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The files of a run's folder. They are appended to while it runs, so that whatever ends the run, what was measured
// until then can be read; the rest of the folder is made from them, but for tailFile.
const (
	blocksFile       = "blocks.jsonl"     // a line for the Head, one for each Responses, WarmUp and Block, one for the Tail
	observationsFile = "observations.bin" // see encoding.go
)

// entry is one line of the blocks file. One field is set.
type entry struct {
	Head  *Head  `json:"head,omitempty"`
	Block *Block `json:"block,omitempty"`
	Tail  *Tail  `json:"tail,omitempty"`

	WarmUp    *WarmUp    `json:"warm_up,omitempty"`
	ColdStart *ColdStart `json:"cold_start,omitempty"`
	ColdFiles *ColdFiles `json:"cold_files,omitempty"`
	Responses []Response `json:"responses,omitempty"` // of the targets, before they were measured first
}

// A Record is a run's folder while the run goes on.
type Record struct {
	Dir          string
	Blocks       int // that count and are on disk
	blocks       *os.File
	observations *os.File
	reserve      *reserve // nil if there is none
	encoder      encoder
	offset       int64 // of the next block's observations
	whole        int64 // bytes of whole lines in blocks
	count        FailureCount
	names        []string // of the requests of the block, if it is of a mix
	writeErr     error    // the first that writing met
}

// Create makes the folder dir, which must not hold a run yet, and writes the head. What it made is removed if the
// record cannot be begun.
func Create(dir string, head Head) (_ *Record, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the results folder: %w", err)
	}
	var made []string
	create := func(name string) (*os.File, error) {
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o644)
		if err != nil {
			return nil, fmt.Errorf("making the results folder: %w", err)
		}
		made = append(made, f.Name())
		return f, nil
	}
	defer func() {
		if err != nil {
			for _, name := range made {
				err = errors.Join(err, os.Remove(name))
			}
			_ = os.Remove(dir) // but not with what others have in it
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

// NewRecord records head into files that the caller opened.
func NewRecord(head Head, blocks, observations *os.File) (*Record, error) {
	r := newRecord("", blocks, observations)
	return r, r.writeLine(entry{Head: &head})
}

// Begin starts a block. If it is of a mix, requests are the names of its requests.
func (r *Record) Begin(requests ...string) {
	r.encoder.begin()
	r.names, r.count = requests, FailureCount{}
}

// Observe implements Recorder. An error is kept for the end of the block: an engine could do nothing about it.
func (r *Record) Observe(batch []Observation) {
	for _, o := range batch {
		r.count.observe(o, r.names)
		if err := r.encoder.encode(o); err != nil && r.writeErr == nil {
			r.writeErr = err
		}
	}
}

// ObserveExcerpt implements load.ExcerptRecorder: it takes how the body of the first response of a class began.
func (r *Record) ObserveExcerpt(class string, body []byte) { r.count.excerpt(class, body) }

// Requests is how many requests of the block were observed so far.
func (r *Record) Requests() int { return r.count.Requests }

// FailureText says in words which of them failed, and how.
func (r *Record) FailureText() string { return r.count.Failures.Describe(r.count.Errors) }

// Failed is how many requests of the block failed so far.
func (r *Record) Failed() int { return r.count.Failed() }

// CutOff is how many requests of the block the end of its visit ended so far.
func (r *Record) CutOff() int { return Block{Errors: r.count.Errors}.CutOff() }

// End completes the block with what was observed and puts it on disk.
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

// writeLine writes one whole line in one call, so that a reader never meets half of one unless the disk was full.
func (r *Record) writeLine(l entry) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if len(b) >= maxLine {
		return NewWriteError(r.blocks.Name(), errLongLine) // which no reader takes
	}
	n, err := r.blocks.Write(append(b, '\n'))
	if err != nil {
		r.blocks.Truncate(r.whole) // else the tail would follow on half a line, if the disk has room for it again
		return NewWriteError(r.blocks.Name(), err)
	}
	r.whole += int64(n)
	return nil
}

// Finish writes the tail, into the reserve if there is no room in the blocks file, and closes the files.
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
