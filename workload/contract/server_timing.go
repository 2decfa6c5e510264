package contract

import (
	"bytes"
	"math"
	"strconv"
)

// ServerTiming holds the content of the Server-Timing header of a response (W3C Server Timing): the durations of the
// phases, and two timestamps of the server. An example of the header is
//
//	handle;dur=0.250000, exit;dur=1.500000, clock;desc="4711000000 4711002000"
//
// Durations are in milliseconds with a resolution of 1 ns. The timestamps are in nanoseconds and in a description,
// because they are not durations.
type ServerTiming struct {
	Timing
	// Arrived and Answered are readings of [Now], when the request arrived and when its response was ready. They are 0 if
	// the server does not report them.
	Arrived, Answered int64
}

// AddHeader adds the value of a Server-Timing header. It ignores names that are not in [Phases], other parameters, and
// invalid numbers, because other software uses the header, too. Durations of the same phase are added up. AddHeader
// does not allocate.
func (t *ServerTiming) AddHeader(value []byte) {
	for len(value) > 0 {
		var metric, name []byte
		metric, value = cutOutsideQuotes(value, ',')
		name, metric = cutOutsideQuotes(metric, ';')
		name = trimmed(name)
		phase := phaseIndex(name)
		switch {
		case phase >= 0:
			t.addDuration(phase, metric)
		case string(name) == clockName:
			t.setClock(metric)
		}
	}
}

// addDuration adds the first parameter dur of a phase.
func (t *ServerTiming) addDuration(phase int, params []byte) {
	for len(params) > 0 {
		var param []byte
		param, params = cutOutsideQuotes(params, ';')
		if ns, ok := duration(param); ok {
			t.Timing[phase] = uint32(min(uint64(t.Timing[phase])+ns, math.MaxUint32))
			return
		}
	}
}

// setClock sets the two timestamps of a description, if they are in order.
func (t *ServerTiming) setClock(params []byte) {
	rest, found := bytes.CutPrefix(trimmed(params), stampsBegin)
	if !found {
		return
	}
	first, rest, _ := bytes.Cut(rest, blank)
	second, _, closed := bytes.Cut(rest, quote)
	arrived, ok1 := parseStamp(first)
	answered, ok2 := parseStamp(second)
	if closed && ok1 && ok2 && 0 < arrived && arrived <= answered {
		t.Arrived, t.Answered = arrived, answered
	}
}

// parseStamp parses a number of at most 18 digits.
func parseStamp(digits []byte) (n int64, ok bool) {
	if len(digits) == 0 || len(digits) > 18 {
		return 0, false
	}
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int64(d-'0')
	}
	return n, true
}

// AppendHeader appends the value of a Server-Timing header to b: the phases that are not 0, and the timestamps.
func (t *ServerTiming) AppendHeader(b []byte) []byte {
	for p, ns := range t.Timing {
		if ns == 0 {
			continue
		}
		b = append(append(b, Phases[p]...), ";dur="...)
		b = strconv.AppendUint(b, uint64(ns)/1e6, 10)
		point := len(b)
		b = strconv.AppendUint(b, 1e6+uint64(ns)%1e6, 10) // a 1, which becomes the point, and six digits
		b[point] = '.'
		b = append(b, ", "...)
	}
	b = append(append(append(b, clockName...), ';'), stampsBegin...)
	b = append(strconv.AppendInt(b, t.Arrived, 10), ' ')
	return append(strconv.AppendInt(b, t.Answered, 10), '"')
}

const clockName = "clock"

var (
	durationName = []byte("dur")
	stampsBegin  = []byte(`desc="`)
	blank        = []byte(" ")
	quote        = []byte(`"`)
)

func trimmed(b []byte) []byte { return bytes.Trim(b, " \t") }

// cutOutsideQuotes splits b at the first sep that is not inside a quoted string.
func cutOutsideQuotes(b []byte, sep byte) (before, after []byte) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case b[i] == '\\' && quoted:
			i++ // skip the escaped byte
		case b[i] == sep && !quoted:
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// phaseIndex returns the index of name in Phases, or -1.
func phaseIndex(name []byte) int {
	for i, phase := range Phases {
		if string(name) == phase {
			return i
		}
	}
	return -1
}

// duration parses the parameter dur, in milliseconds, and returns nanoseconds.
func duration(param []byte) (ns uint64, ok bool) {
	i := bytes.IndexByte(param, '=')
	if i < 0 || !bytes.EqualFold(trimmed(param[:i]), durationName) {
		return 0, false
	}
	value := trimmed(param[i+1:])
	if n := len(value); n >= 2 && value[0] == '"' && value[n-1] == '"' {
		value = value[1 : n-1]
	}
	return nanoseconds(value)
}

// nanoseconds parses a decimal number of milliseconds. It truncates to nanoseconds, and limits the result to the
// largest element of a Timing.
func nanoseconds(b []byte) (ns uint64, ok bool) {
	const places = 6 // decimal places of a millisecond
	fraction := -1   // digits read after the point; -1 before it
	for _, d := range b {
		switch {
		case d == '.' && fraction < 0:
			fraction = 0
			continue
		case d < '0' || d > '9':
			return 0, false
		}
		ok = true
		if fraction < places && ns <= math.MaxUint32 {
			ns = ns*10 + uint64(d-'0')
		}
		if fraction >= 0 {
			fraction++
		}
	}
	for f := max(fraction, 0); f < places && ns <= math.MaxUint32; f++ {
		ns *= 10
	}
	return min(ns, math.MaxUint32), ok
}
