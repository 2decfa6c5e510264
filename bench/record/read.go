package record

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"

	"forktax/bench/foreign"
)

// Read reads the run in the directory dir. After a full disk the Tail is incomplete; if the harness was killed, there
// is none. In both cases all complete blocks are returned. Anything else that is wrong is an error with file and line.
func Read(dir string) (*Result, error) {
	f := Follow(dir)
	if err := f.Read(); err != nil {
		return nil, err
	}
	if f.Result.Tail != (Tail{}) {
		return &f.Result, nil
	}
	var err error
	if f.Result.Tail, err = readReserve(dir); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(dir, tailFile), err)
	}
	return &f.Result, nil
}

// A Follower reads a run that is still being recorded. Result holds what was read so far.
type Follower struct {
	Result Result
	name   string
	lines  int
	old    bool  // the run is of schema 1
	offset int64 // offset of the next line
	seen   int64 // bytes of observations of all blocks read so far
}

// Follow returns a Follower of the run in the directory dir. Nothing is read yet.
func Follow(dir string) *Follower {
	return &Follower{Result: Result{observations: observationsIn(filepath.Join(dir, observationsFile))},
		name: filepath.Join(dir, blocksFile)}
}

// Read reads what was recorded since the previous call. It returns the same errors as the function Read.
func (f *Follower) Read() error {
	file, err := foreign.Open(f.name)
	if err != nil {
		return fmt.Errorf("reading a run: %w", err)
	}
	defer file.Close()
	if _, err := file.Seek(f.offset, io.SeekStart); err != nil {
		return fmt.Errorf("reading a run: %w", err)
	}
	return f.readLines(bufio.NewReader(file))
}

func (f *Follower) readLines(in *bufio.Reader) error {
	for {
		text, err := readLine(in, maxLine)
		if err == errLongLine {
			return fmt.Errorf("%s:%d: %w", f.name, f.lines+1, err)
		}
		if err == io.EOF { // perhaps with part of a line, if the disk was full
			if f.lines == 0 {
				return fmt.Errorf("%s: contains no run", f.name)
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a run: %w", err)
		}
		f.lines++
		f.offset += int64(len(text))
		l, err := f.parse(text)
		if err == nil {
			err = f.add(l)
		}
		if err != nil {
			return fmt.Errorf("%s:%d: %w", f.name, f.lines, err)
		}
	}
}

// parse parses a line of schema 1 or 2.
func (f *Follower) parse(text []byte) (l entry, err error) {
	if err = limitValues(text); err != nil {
		return l, err
	}
	if err = foreign.UnmarshalJSON(text, &l); err != nil {
		return l, err
	}
	if l.Head != nil {
		if err := known(l.Head.Schema); err != nil {
			return l, err
		}
		f.old = l.Head.Schema != Schema
	}
	if !f.old {
		return l, nil
	}
	if text, err = upgrade(text, renamedInRecord); err != nil {
		return l, err
	}
	l = entry{}
	return l, foreign.UnmarshalJSON(text, &l)
}

// add validates a line and adds it to the result.
func (f *Follower) add(l entry) error {
	r := &f.Result
	switch {
	case (f.lines == 1) != (l.Head != nil):
		return errors.New("the head of a run must be its first line, and only that")
	case l.Head != nil:
		r.Head = *l.Head
		return cmp.Or(validatePlan(l.Head.Plan), validateHead(*l.Head))
	case l.Block != nil:
		if err := validateBlock(*l.Block, r.Plan, f.seen); err != nil {
			return err
		}
		f.seen += l.Block.Observations.Bytes
		if l.Block.WarmUp {
			r.Discarded = append(r.Discarded, *l.Block)
		} else {
			r.Blocks = append(r.Blocks, *l.Block)
		}
	case l.ColdStart != nil:
		if err := l.ColdStart.validate(); err != nil {
			return err
		}
		r.ColdStarts = append(r.ColdStarts, *l.ColdStart)
	case l.ColdFiles != nil:
		if err := l.ColdFiles.validate(); err != nil {
			return err
		}
		r.ColdFiles = append(r.ColdFiles, *l.ColdFiles)
	case l.WarmUp != nil:
		if err := l.WarmUp.validate(); err != nil {
			return err
		}
		r.WarmUps = append(r.WarmUps, *l.WarmUp)
	case l.Lost != nil:
		r.Lost = append(r.Lost, *l.Lost)
	case l.Clock != nil:
		if err := l.Clock.validate(); err != nil {
			return err
		}
		r.Clocks = append(r.Clocks, *l.Clock)
	case l.Responses != nil:
		r.Responses = append(r.Responses, l.Responses...)
	case l.Tail != nil:
		r.Tail = *l.Tail
		return validateTail(*l.Tail)
	default:
		return errors.New("unknown kind of line")
	}
	return nil
}

// observationsIn returns a function that yields the observations of a block from the file name. It opens the file for
// each block.
func observationsIn(name string) func(Block) iter.Seq2[Observation, error] {
	return func(b Block) iter.Seq2[Observation, error] {
		return func(yield func(Observation, error) bool) {
			f, err := foreign.Open(name)
			if err != nil {
				yield(Observation{}, fmt.Errorf("reading observations: %w", err))
				return
			}
			defer f.Close()
			spans, requests := b.spans()
			for i, s := range spans {
				if !readSpan(f, s, requests[i], yield) {
					return
				}
			}
		}
	}
}

// readSpan yields the observations at a position of a file, of which there must be n. It reports whether to go on.
func readSpan(f *os.File, s Span, n int, yield func(Observation, error) bool) bool {
	section := io.NewSectionReader(f, s.Offset, s.Bytes)
	d := decoder{r: bufio.NewReaderSize(section, int(min(s.Bytes, 1<<16)))} // most blocks are shorter
	for read := 0; ; read++ {
		o, err := d.decode()
		if err == io.EOF {
			at, _ := section.Seek(0, io.SeekCurrent)
			switch {
			case at != s.Bytes:
				err = errCutOff // between two observations, which decode cannot detect
			case read != n:
				err = fmt.Errorf("it has %d observations instead of %d", read, n)
			default:
				return true
			}
		}
		if err != nil {
			err = fmt.Errorf("%s: block at byte %d: %w", f.Name(), s.Offset, err)
		}
		if !yield(o, err) || err != nil {
			return false
		}
	}
}
