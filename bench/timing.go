package bench

import (
	"bytes"
	"math"
)

// AddHeader adds the durations that the value of a Server-Timing header reports: `spawn;dur=0.25, open;dur=1.5`, in
// milliseconds (W3C Server Timing). Names that are not in Phases, parameters other than dur and numbers that are none
// are passed over: the header is somebody's diagnostics, and no reason to call an answer broken. A name that comes twice
// is added up. It allocates nothing.
func (t *Timing) AddHeader(value []byte) {
	for len(value) > 0 {
		var metric, name, param []byte
		metric, value = cutOutsideQuotes(value, ',')
		name, metric = cutOutsideQuotes(metric, ';')
		phase := phaseIndex(trimmed(name))
		for phase >= 0 && len(metric) > 0 {
			param, metric = cutOutsideQuotes(metric, ';')
			if ns, ok := duration(param); ok {
				t[phase] = uint32(min(uint64(t[phase])+ns, math.MaxUint32))
				break // of several dur the first counts
			}
		}
	}
}

var durationName = []byte("dur")

func trimmed(b []byte) []byte { return bytes.Trim(b, " \t") }

// cutOutsideQuotes splits b at the first sep that is not inside a quoted string.
func cutOutsideQuotes(b []byte, sep byte) (before, after []byte) {
	quoted := false
	for i := 0; i < len(b); i++ {
		switch {
		case b[i] == '"':
			quoted = !quoted
		case b[i] == '\\' && quoted:
			i++ // the next byte stands for itself
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

// duration reads the parameter dur, in milliseconds, and returns nanoseconds.
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

// nanoseconds reads a decimal number of milliseconds. What is finer than a nanosecond is cut off; what is longer than a
// Timing holds becomes the longest.
func nanoseconds(b []byte) (ns uint64, ok bool) {
	const places = 6 // a millisecond in nanoseconds
	fraction := -1   // digits read behind the point; -1 before it
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
