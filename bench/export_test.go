package bench

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"time"
)

// What the tests reach of the inside, from outside of the package.

// Plan's decisions.
var (
	Order     = Plan.order
	VisitSeed = Plan.visitSeed
	Climb     = climb
	Descend   = descend
)

// GroupRounds is how many rounds a group has.
func GroupRounds(p Plan, group int) int { return p.roundsBefore(group+1) - p.roundsBefore(group) }

// SetClock has the schedule of a run go by another clock.
func SetClock(r *Runner, now func() time.Time) { r.now = now }

// NewRecord records head into files that the test opened.
func NewRecord(head Head, blocks, observations *os.File) (*Record, error) {
	r := newRecord("", blocks, observations)
	return r, r.line(line{Head: &head})
}

// Encode returns a block's observations as they are on disk.
func Encode(observations []Observation) ([]byte, error) {
	var b bytes.Buffer
	e := encoder{w: bufio.NewWriter(&b)}
	e.begin()
	for _, o := range observations {
		if err := e.encode(o); err != nil {
			return nil, err
		}
	}
	if err := e.w.Flush(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Decode returns the observations of a block, those before an error also with it.
func Decode(b []byte) ([]Observation, error) {
	var observations []Observation
	d := decoder{r: bufio.NewReader(bytes.NewReader(b))}
	for {
		o, err := d.decode()
		if err == io.EOF {
			return observations, nil
		}
		if err != nil {
			return observations, err
		}
		observations = append(observations, o)
	}
}
