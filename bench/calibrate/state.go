package calibrate

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"forktax/bench/foreign"
	"forktax/bench/process"
)

// A Header says what a calibration is of. One that goes on must be of the same.
type Header struct {
	Version  string            `json:"version"`
	Mode     string            `json:"mode"`
	Hostile  bool              `json:"hostile"`
	Seed     uint64            `json:"seed"`
	Programs map[string]string `json:"programs"` // SHA-256 of each, and of forktax itself
	Started  time.Time         `json:"started"`
	Part     Part              `json:"part,omitzero"`
	CPU      string            `json:"cpu"`   // its model
	Cores    int               `json:"cores"` // of the machine
}

// stateFile is appended to while a calibration goes on.
const stateFile = "state.jsonl"

// entry is a line of it. One of the first three is set; a repetition is of the property that Property names.
type entry struct {
	Header     *Header         `json:"header,omitempty"`
	Outcome    *Outcome        `json:"outcome,omitempty"`
	Repetition json.RawMessage `json:"trial,omitempty"`
	Property   string          `json:"property,omitempty"`
	Seconds    float64         `json:"seconds,omitempty"` // that the property, or the repetition, took
}

// A state is what was measured so far: whole properties, and repetitions of one that takes long.
type state struct {
	Header
	file        *os.File
	lock        *os.File // of the directory
	outcomes    map[string]entry
	repetitions map[string][]json.RawMessage
	seconds     map[string]float64 // that the repetitions took
}

func newState(h Header) *state {
	return &state{Header: h, outcomes: map[string]entry{}, repetitions: map[string][]json.RawMessage{},
		seconds: map[string]float64{}}
}

// openState goes on with the state in dir, or begins one. Restart forgets what there was.
func openState(dir string, h Header, restart bool) (s *state, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the directory of the calibration: %w", err)
	}
	lock, err := process.LockDir(dir)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another calibration is writing to %s: wait for its end, or choose another directory by "+
			"--out", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the directory of the calibration: %w", err)
	}
	defer func() {
		if err != nil {
			lock.Close()
		}
	}()
	name := filepath.Join(dir, stateFile)
	if restart {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("forgetting what was measured: %w", err)
		}
	}
	s = newState(h)
	s.lock = lock
	whole, err := s.read(name)
	if err != nil {
		return nil, err
	}
	if whole > 0 {
		if why := h.unlike(s.Header); why != "" {
			return nil, &UnlikeError{Dir: dir, Why: why}
		}
	}
	if s.file, err = os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
		return nil, fmt.Errorf("opening the state of the calibration: %w", err)
	}
	err = s.file.Truncate(whole) // half a line is of one that was killed
	if err == nil && whole == 0 {
		err = s.append(entry{Header: &h})
	}
	if err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// seedIn is the seed of the calibration in dir that can go on; false if there is none.
func seedIn(dir string) (uint64, bool) {
	s := newState(Header{})
	whole, err := s.read(filepath.Join(dir, stateFile))
	return s.Seed, err == nil && whole > 0
}

// An UnlikeError says that a folder has another calibration in it.
type UnlikeError struct{ Dir, Why string }

func (e *UnlikeError) Error() string {
	return fmt.Sprintf("%s has a calibration that cannot be gone on with: %s; --restart begins it anew, --out takes "+
		"another folder", e.Dir, e.Why)
}

// unlike says why one calibration is not of the same as another.
func (h Header) unlike(had Header) string {
	switch {
	case h.Version != had.Version:
		return fmt.Sprintf("it is of forktax %s, and this is %s", had.Version, h.Version)
	case h.Mode != had.Mode:
		return fmt.Sprintf("it is a %s one, and a %s one is wanted", had.Mode, h.Mode)
	case h.Hostile != had.Hostile:
		return fmt.Sprintf("its --hostile is %v, and %v is wanted", had.Hostile, h.Hostile)
	case h.Part != had.Part:
		return fmt.Sprintf("its part is %v, and %v is wanted", had.Part, h.Part)
	case h.Seed != had.Seed:
		return fmt.Sprintf("its seed is %d, and %d is wanted", had.Seed, h.Seed)
	case h.CPU != had.CPU || h.Cores != had.Cores:
		return fmt.Sprintf("it is of a machine with %d cores of %q, and this one has %d of %q", had.Cores, had.CPU,
			h.Cores, h.CPU)
	}
	for name, hash := range h.Programs {
		if had.Programs[name] != hash {
			return fmt.Sprintf("the program %s is another one", name)
		}
	}
	return ""
}

// maxState is how many bytes the state of a calibration may have, far above what any leaves.
const maxState = 256 << 20

// read takes in the whole lines of the file, and returns how many bytes they are.
func (s *state) read(name string) (whole int64, err error) {
	text, err := foreign.ReadFile(name, maxState)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading the state of the calibration: %w", err)
	}
	text = text[:bytes.LastIndexByte(text, '\n')+1]
	n := 0
	for line := range bytes.Lines(text) {
		n++
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return 0, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if (n == 1) != (e.Header != nil) {
			return 0, fmt.Errorf("%s:%d: the first line, and no other, is the header", name, n)
		}
		s.take(e)
	}
	return int64(len(text)), nil
}

func (s *state) take(e entry) {
	switch {
	case e.Header != nil:
		s.Header = *e.Header
	case e.Outcome != nil:
		s.outcomes[e.Property] = e
		if e.Outcome.Verdict == Skipped { // it goes on where that is not so
			return
		}
		s.seconds[e.Property] = 0
		// If it is measured again, then from the beginning, with what it measured for others to use.
		maps.DeleteFunc(s.repetitions, func(name string, _ []json.RawMessage) bool {
			return name == e.Property || e.Outcome.Verdict == Unjudged && strings.HasPrefix(name, e.Property+" ")
		})
	case e.Repetition != nil:
		s.repetitions[e.Property] = append(s.repetitions[e.Property], e.Repetition)
		property, _, _ := strings.Cut(e.Property, " ")
		s.seconds[property] += e.Seconds
	}
}

// spentOn is how long repetitions of a property took that were made before an interruption.
func (s *state) spentOn(property string) float64 { return s.seconds[property] }

// close closes the state's files. Another process may then go on.
func (s *state) close() error { return errors.Join(s.file.Close(), s.lock.Close()) }

func (s *state) append(e entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing down what was measured: %w", err)
	}
	if _, err := s.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("writing down what was measured: %w", err)
	}
	s.take(e)
	return nil
}

// done reports whether the property has an outcome that stands. One that could not be judged is measured again.
func (s *state) done(name string) bool {
	e, ok := s.outcomes[name]
	return ok && slices.Contains([]string{Passed, Failed, Partial}, e.Outcome.Verdict)
}

// repeated makes n repetitions of a property, each of which is written down at once, and returns what all came to,
// those of an earlier attempt included. A repetition depends on nothing but its number and the lab.
func repeated[T any](l *Lab, property string, n int, try func(i int) (T, error)) ([]T, error) {
	var all []T
	for _, text := range l.state.repetitions[property] {
		var t T
		if err := json.Unmarshal(text, &t); err != nil {
			return nil, fmt.Errorf("reading a repetition of %s: %w", property, err)
		}
		all = append(all, t)
	}
	for i := len(all); i < n; i++ {
		l.step(float64(i) / float64(n))
		began := time.Now()
		t, err := try(i)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		if err := l.state.append(entry{Property: property, Repetition: text, Seconds: time.Since(began).Seconds()}); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all[:n], nil
}
