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

// Observations are stored as a stream of variable-length integers (as in encoding/binary): about ten bytes each, and
// ten more with phases. One observation is
//
//	flags                      which of the fields below follow
//	intended                   signed, ns since the previous observation's intended time, or since 0 in a new block
//	sent, first byte, done     unsigned, each in ns since the preceding time
//	[status]                   if it differs from the previous observation's; 0 at the start of a block
//	[bytes]                    likewise
//	[class]                    if the request failed: index in classes
//	[slots, durations …]       if the server reported phases: a bit set of slots, then their durations in order, in ns
//	[request]                  index in a mix, if it differs from the previous observation's; 0 at the start of a block
//
// A failed observation may lack its later times; each of them is then stored as equal to the preceding time.
const (
	flagStatus = 1 << iota
	flagBytes
	flagErr
	flagTiming
	flagRequest

	flagUnknown // and above
)

// minBytes is the size of the smallest observation: its flags and four times.
const minBytes = 5

// Limits on the numbers of an observation.
const (
	maxTime   = 1 << 62 // ns; the difference of any two such times fits into an int64
	maxStatus = 999
)

// classes lists the failure classes. Their indexes are stored in files, so append new ones.
var classes = []string{ErrOther, ErrRefused, ErrClosed, ErrReset, ErrTimeout, ErrMalformed, ErrTooLarge, ErrWrongStatus,
	ErrWrongBody, ErrInterrupted, ErrWrongHeader, ErrNotSent, ErrUnfinished}

// slots lists the phases. Their indexes are stored in files: append new ones, wherever in a request they occur.
var slots = [contract.NumPhases]contract.Phase{
	contract.PhaseArrive, contract.PhaseWait, contract.PhaseSpawn, contract.PhaseStart,
	contract.PhaseOpen, contract.PhaseConnect, contract.PhaseHandle, contract.PhaseChild,
	contract.PhaseTransfer, contract.PhaseExit, contract.PhaseReturn, contract.PhaseClose,
}

// encoder appends observations to a stream of bytes.
type encoder struct {
	w    *bufio.Writer
	buf  []byte
	prev Observation
	n    int64 // bytes written
}

// begin starts a new block, whose first observation has no predecessor.
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

// errCutOff is returned when a block's bytes end inside an observation.
var errCutOff = errors.New("the observations are truncated")

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
	if flags >= flagUnknown {
		return Observation{}, fmt.Errorf("observation has unknown flags %#x", flags)
	}
	o := Observation{Status: d.prev.Status, Bytes: d.prev.Bytes, Request: d.prev.Request}
	o.Intended = d.intended()
	o.Sent = d.after(o.Intended)
	o.FirstByte = d.after(o.Sent)
	o.Done = d.after(o.FirstByte)
	if flags&flagStatus != 0 {
		o.Status = int(d.atMost(maxStatus, "status"))
	}
	if flags&flagBytes != 0 {
		o.Bytes = int64(d.atMost(math.MaxInt64, "length"))
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

// fail sets the error, unless there is one already.
func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// intended reads a time that is stored relative to the previous observation's.
func (d *decoder) intended() time.Duration {
	since := d.varint()
	t := int64(d.prev.Intended) + since
	if t < 0 || t > maxTime || since > maxTime {
		d.fail("observation has an invalid intended time: %d ns after %d", since, int64(d.prev.Intended))
		return 0
	}
	return time.Duration(t)
}

// after reads a time that is stored relative to t.
func (d *decoder) after(t time.Duration) time.Duration {
	since := d.uvarint()
	if since > uint64(maxTime-t) {
		d.fail("observation has an invalid time: %d ns after %d", since, int64(t))
		return t
	}
	return t + time.Duration(since)
}

// atMost reads a number no greater than most; what names it in the error.
func (d *decoder) atMost(most uint64, what string) uint64 {
	v := d.uvarint()
	if v > most {
		d.fail("observation has %s %d; it must be at most %d", what, v, most)
		return 0
	}
	return v
}

func (d *decoder) class() string {
	i := d.uvarint()
	if i >= uint64(len(classes)) {
		d.fail("unknown failure class %d", i)
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
	if set>>len(slots) != 0 {
		d.fail("observation has unknown phases %#x", set)
		return t
	}
	for i, p := range slots {
		if set&(1<<i) != 0 {
			t[p] = uint32(d.atMost(math.MaxUint32, "phase"))
		}
	}
	return t
}
