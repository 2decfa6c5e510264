package record

import (
	"bufio"
	"bytes"
	"io"
)

// Exported for tests in package record_test.

// Encode returns the stored form of a block's observations.
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

// Decode returns the observations of a block. After an error it also returns the observations before it.
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
