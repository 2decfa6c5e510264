package record

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"forktax/workload/contract"
)

// Observations are kept on disk as a stream of variable-length integers (as in encoding/binary): about ten bytes for
// each, and ten more if its phases are known. One observation is
//
//	flags                      which of the fields below follow
//	intended                   signed, ns since the intended time of the one before, in a new block since 0
//	sent, first byte, done     unsigned, ns since the one named before it
//	[status]                   if it differs from the one before; in a new block from 0
//	[bytes]                    likewise
//	[class]                    if it failed: index in classes
//	[slots, durations …]       if the server told phases: a bit for each slot that is set, then those in order, ns
//	[request]                  if it differs from the one before: index in a mix, in a new block from 0
//
// A failed observation may lack its later times; each is then stored as equal to the one before it.
const (
	flagStatus = 1 << iota
	flagBytes
	flagErr
	flagTiming
	flagRequest
)

// classes numbers the classes of failures. New ones go to the end: the numbers are on disk.
var classes = []string{ErrOther, ErrRefused, ErrClosed, ErrReset, ErrTimeout, ErrMalformed, ErrTooLarge, ErrWrongStatus,
	ErrWrongBody, ErrInterrupted, ErrWrongHeader, ErrNotSent, ErrUnfinished}

// slots numbers the phases. New ones go to the end, too, wherever in a request they happen.
var slots = [contract.NumPhases]contract.Phase{contract.PhaseArrive, contract.PhaseWait, contract.PhaseSpawn, contract.PhaseStart, contract.PhaseOpen, contract.PhaseConnect, contract.PhaseHandle,
	contract.PhaseChild, contract.PhaseTransfer, contract.PhaseExit, contract.PhaseReturn, contract.PhaseClose}

// encoder appends observations to a stream of bytes.
type encoder struct {
	w    *bufio.Writer
	buf  []byte
	prev Observation
	n    int64 // bytes written
}

// begin starts a new block: nothing is the same as before.
func (e *encoder) begin() { e.prev, e.n = Observation{}, 0 }

func (e *encoder) encode(o Observation) error {
	flags := uint64(0)
	set := func(flag uint64, is bool) {
		if is {
			flags |= flag
		}
	}
	set(flagStatus, o.Status != e.prev.Status)
	set(flagBytes, o.Bytes != e.prev.Bytes)
	set(flagErr, o.Err != "")
	set(flagTiming, o.Timing != contract.Timing{})
	set(flagRequest, o.Request != e.prev.Request)

	b := binary.AppendUvarint(e.buf[:0], flags)
	b = binary.AppendVarint(b, int64(o.Intended-e.prev.Intended))
	last := o.Intended
	for _, t := range []time.Duration{o.Sent, o.FirstByte, o.Done} {
		t = max(t, last)
		b = binary.AppendUvarint(b, uint64(t-last))
		last = t
	}
	if flags&flagStatus != 0 {
		b = binary.AppendUvarint(b, uint64(o.Status))
	}
	if flags&flagBytes != 0 {
		b = binary.AppendUvarint(b, uint64(o.Bytes))
	}
	if flags&flagErr != 0 {
		b = binary.AppendUvarint(b, uint64(max(slices.Index(classes, o.Err), 0)))
	}
	if flags&flagTiming != 0 {
		b = appendTiming(b, o.Timing)
	}
	if flags&flagRequest != 0 {
		b = binary.AppendUvarint(b, uint64(o.Request))
	}
	e.buf, e.prev = b, o
	e.n += int64(len(b))
	_, err := e.w.Write(b)
	return err
}

func appendTiming(b []byte, t contract.Timing) []byte {
	set := uint64(0)
	for i, p := range slots {
		if t[p] != 0 {
			set |= 1 << i
		}
	}
	b = binary.AppendUvarint(b, set)
	for _, p := range slots {
		if d := t[p]; d != 0 {
			b = binary.AppendUvarint(b, uint64(d))
		}
	}
	return b
}

// errCutOff means that observations end in the middle of one.
var errCutOff = errors.New("the observations are cut off")

// decoder reads the observations of one block.
type decoder struct {
	r    *bufio.Reader
	prev Observation
	err  error
}

// decode returns io.EOF after the last observation.
func (d *decoder) decode() (Observation, error) {
	flags, err := binary.ReadUvarint(d.r)
	if err != nil {
		if err == io.EOF {
			return Observation{}, io.EOF
		}
		return Observation{}, errCutOff
	}
	o := Observation{Status: d.prev.Status, Bytes: d.prev.Bytes, Request: d.prev.Request}
	o.Intended = d.prev.Intended + time.Duration(d.varint())
	o.Sent = o.Intended + time.Duration(d.uvarint())
	o.FirstByte = o.Sent + time.Duration(d.uvarint())
	o.Done = o.FirstByte + time.Duration(d.uvarint())
	if flags&flagStatus != 0 {
		o.Status = int(d.uvarint())
	}
	if flags&flagBytes != 0 {
		o.Bytes = int64(d.uvarint())
	}
	if flags&flagErr != 0 {
		o.Err = d.class()
	}
	if flags&flagTiming != 0 {
		o.Timing = d.timing()
	}
	if flags&flagRequest != 0 {
		o.Request = d.request()
	}
	if d.err != nil {
		return Observation{}, d.err
	}
	d.prev = o
	return o, nil
}

func (d *decoder) uvarint() uint64 {
	v, err := binary.ReadUvarint(d.r)
	if err != nil && d.err == nil {
		d.err = errCutOff
	}
	return v
}

func (d *decoder) varint() int64 {
	v, err := binary.ReadVarint(d.r)
	if err != nil && d.err == nil {
		d.err = errCutOff
	}
	return v
}

func (d *decoder) class() string {
	i := d.uvarint()
	if i >= uint64(len(classes)) {
		if d.err == nil {
			d.err = fmt.Errorf("unknown class of failure %d", i)
		}
		return ""
	}
	return classes[i]
}

// request reads the index of a request in a mix.
func (d *decoder) request() int {
	i := d.uvarint()
	if i > math.MaxInt32 {
		if d.err == nil {
			d.err = fmt.Errorf("unknown request %d", i)
		}
		return 0
	}
	return int(i)
}

func (d *decoder) timing() (t contract.Timing) {
	set := d.uvarint()
	for i, p := range slots {
		if set&(1<<i) != 0 {
			t[p] = uint32(d.uvarint())
		}
	}
	return t
}
