package calibrate

import (
	"bytes"
	"cmp"
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
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
)

// A Header identifies a calibration. Only a calibration with the same header can resume it; Started may differ.
type Header struct {
	Version  string            `json:"version"`
	Mode     string            `json:"mode"`
	Hostile  bool              `json:"hostile"`
	Seed     uint64            `json:"seed"`
	Programs map[string]string `json:"programs"` // SHA-256 of each, and of forktax itself
	Started  time.Time         `json:"started"`
	Part     plan.Part         `json:"part,omitzero"`
	CPU      string            `json:"cpu"`   // model of the machine's CPU
	Cores    int               `json:"cores"` // number of cores of the machine
	Kernel   string            `json:"kernel,omitempty"`
}

// stateFile is the file to which a running calibration appends entries.
const stateFile = "state.jsonl"

// An entry is a line of the state file. Exactly one of Header, Programs, Outcome and Repetition is set.
type entry struct {
	Header *Header `json:"header,omitempty"`
	// Programs are further ones, of properties that were selected later.
	Programs   map[string]string `json:"programs,omitempty"`
	Outcome    *Outcome          `json:"outcome,omitempty"`
	Repetition json.RawMessage   `json:"trial,omitempty"`
	Property   string            `json:"property,omitempty"`
	Seconds    float64           `json:"seconds,omitempty"` // time of the property or of the repetition
	Machine    record.Counters   `json:"machine,omitzero"`  // counters of the machine in that time
}

// A state holds the results so far: outcomes of properties, and repetitions of long ones.
type state struct {
	Header
	file        *os.File
	lock        *os.File                     // lock of the directory
	outcomes    map[string]entry             // outcomes by property
	repetitions map[string][]json.RawMessage // repetitions by name, which begins with the property's
	seconds     map[string]float64           // total time of the repetitions, by property
	machine     map[string]record.Counters   // counters of the machine in that time
}

func newState(h Header) *state {
	return &state{Header: h, outcomes: map[string]entry{}, repetitions: map[string][]json.RawMessage{},
		seconds: map[string]float64{}, machine: map[string]record.Counters{}}
}

// openState opens the state in dir to resume it, or begins a new one. Restart discards an existing state.
func openState(dir string, h Header, restart bool) (s *state, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("creating the directory of the calibration: %w", err)
	}
	lock, err := process.LockDir(dir)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("another calibration is writing to %s: wait for it to end, or choose another directory "+
			"with --out", dir)
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
			return nil, fmt.Errorf("discarding the previous state: %w", err)
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
	err = s.file.Truncate(whole) // a process that was killed can leave an incomplete line
	if err == nil && whole == 0 {
		err = s.append(entry{Header: &h})
	} else if added := maps.Clone(h.Programs); err == nil {
		maps.DeleteFunc(added, func(name, _ string) bool { _, known := s.Header.Programs[name]; return known })
		if len(added) > 0 {
			err = s.append(entry{Programs: added})
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.file.Close())
	}
	return s, nil
}

// seedIn returns the seed of the calibration in dir; false if there is none to resume.
func seedIn(dir string) (uint64, bool) {
	s := newState(Header{})
	whole, err := s.read(filepath.Join(dir, stateFile))
	return s.Seed, err == nil && whole > 0
}

// An UnlikeError is returned when a directory has the state of a different calibration.
type UnlikeError struct{ Dir, Why string }

func (e *UnlikeError) Error() string {
	return fmt.Sprintf("%s has a different calibration that cannot be resumed: %s; use --restart to discard it, or --out "+
		"to choose another directory", e.Dir, e.Why)
}

// unlike returns why h cannot resume the calibration with header had; "" if it can.
func (h Header) unlike(had Header) string {
	switch {
	case h.Version != had.Version:
		return fmt.Sprintf("it was made by forktax %s, but this is %s", had.Version, h.Version)
	case h.Mode != had.Mode:
		return fmt.Sprintf("its mode is %s, not %s", had.Mode, h.Mode)
	case h.Hostile != had.Hostile:
		return fmt.Sprintf("its --hostile is %v, not %v", had.Hostile, h.Hostile)
	case h.Part != had.Part:
		return fmt.Sprintf("its --part is %v, not %v", cmp.Or(had.Part.String(), "all"), cmp.Or(h.Part.String(), "all"))
	case h.Seed != had.Seed:
		return fmt.Sprintf("its --seed is %d, not %d", had.Seed, h.Seed)
	case h.CPU != had.CPU || h.Cores != had.Cores:
		return fmt.Sprintf("its machine has %d cores of %q, but this one has %d of %q", had.Cores, had.CPU,
			h.Cores, h.CPU)
	}
	if had.Kernel != "" && h.Kernel != had.Kernel {
		return fmt.Sprintf("its machine had the kernel %s, but this one has %s", had.Kernel, h.Kernel)
	}
	for _, name := range slices.Sorted(maps.Keys(h.Programs)) {
		if hash, known := had.Programs[name]; known && hash != h.Programs[name] {
			return fmt.Sprintf("program %s has changed", name)
		}
	}
	return ""
}

// maxState is the largest size of a state file in bytes, far above that of real ones.
const maxState = 256 << 20

// read reads the complete lines of the file, and returns their total size in bytes.
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
			return 0, fmt.Errorf("%s:%d: the header must be the first line and no other", name, n)
		}
		s.take(e)
	}
	return int64(len(text)), nil
}

func (s *state) take(e entry) {
	switch {
	case e.Header != nil:
		s.Header = *e.Header
		s.Header.Programs = maps.Clone(s.Header.Programs)
	case e.Programs != nil && s.Header.Programs != nil:
		maps.Copy(s.Header.Programs, e.Programs)
	case e.Outcome != nil:
		s.outcomes[e.Property] = e
		if e.Outcome.Verdict == Skipped { // a later attempt can use the repetitions
			return
		}
		s.seconds[e.Property] = 0
		delete(s.machine, e.Property)
		// An unjudged property is measured again from the beginning, including recordings that other properties share.
		maps.DeleteFunc(s.repetitions, func(name string, _ []json.RawMessage) bool {
			shared := e.Property == "injected" && name == recordedNoise
			return name == e.Property || e.Outcome.Verdict == Unjudged && (shared || strings.HasPrefix(name, e.Property+" "))
		})
	case e.Repetition != nil:
		s.repetitions[e.Property] = append(s.repetitions[e.Property], e.Repetition)
		property, _, _ := strings.Cut(e.Property, " ")
		s.seconds[property] += e.Seconds
		s.machine[property] = s.machine[property].Add(e.Machine)
	}
}

// spentOn returns the time, in seconds, of the repetitions of a property that were made before an interruption, and the
// counters of the machine in that time.
func (s *state) spentOn(property string) (seconds float64, counters record.Counters) {
	return s.seconds[property], s.machine[property]
}

// close closes the state's files. Another process may then resume the calibration.
func (s *state) close() error { return errors.Join(s.file.Close(), s.lock.Close()) }

func (s *state) append(e entry) error {
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("writing the state of the calibration: %w", err)
	}
	if _, err := s.file.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("writing the state of the calibration: %w", err)
	}
	s.take(e)
	return nil
}

// done reports whether the property has a final outcome. A property that was not judged, measured or skipped is
// measured again.
func (s *state) done(name string) bool {
	e, ok := s.outcomes[name]
	return ok && slices.Contains([]string{Passed, Failed, Partial}, e.Outcome.Verdict)
}

// repeated makes n repetitions of a property and returns their results, including those of an earlier attempt. It saves
// each at once under the name property, the property's name or that and a suffix. A repetition may depend only on its
// number and the lab.
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
		began, before := time.Now(), machine.Counters()
		t, err := try(i)
		if err != nil {
			return nil, err
		}
		text, err := json.Marshal(t)
		if err != nil {
			return nil, err
		}
		e := entry{Property: property, Repetition: text, Seconds: time.Since(began).Seconds(),
			Machine: machine.Counters().Sub(before)}
		if err := l.state.append(e); err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all[:n], nil
}
