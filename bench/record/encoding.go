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

	flagUnknown // and above
)

// minBytes is the least that an observation takes: its flags and four times.
const minBytes = 5

// Limits on what an observation may say.
const (
	maxTime   = 1 << 62 // ns: the difference of any two times is one, too
	maxStatus = 999
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
	if flags >= flagUnknown {
		return Observation{}, fmt.Errorf("unknown flags %#x of an observation", flags)
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

// fail notes what is wrong, unless something was before.
func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format, args...)
	}
}

// intended reads a time that is counted from that of the observation before.
func (d *decoder) intended() time.Duration {
	since := d.varint()
	t := int64(d.prev.Intended) + since
	if t < 0 || t > maxTime || since > maxTime {
		d.fail("an observation is intended %d ns after one at %d, which cannot be", since, int64(d.prev.Intended))
		return 0
	}
	return time.Duration(t)
}

// after reads a time that is counted from another.
func (d *decoder) after(t time.Duration) time.Duration {
	since := d.uvarint()
	if since > uint64(maxTime-t) {
		d.fail("an observation has a time %d ns after %d, which cannot be", since, int64(t))
		return t
	}
	return t + time.Duration(since)
}

// atMost reads a number that is of what.
func (d *decoder) atMost(most uint64, what string) uint64 {
	v := d.uvarint()
	if v > most {
		d.fail("an observation has the %s %d, which cannot be", what, v)
		return 0
	}
	return v
}

func (d *decoder) class() string {
	i := d.uvarint()
	if i >= uint64(len(classes)) {
		d.fail("unknown class of failure %d", i)
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
		d.fail("unknown phases %#x of an observation", set)
		return t
	}
	for i, p := range slots {
		if set&(1<<i) != 0 {
			t[p] = uint32(d.atMost(math.MaxUint32, "phase"))
		}
	}
	return t
}
