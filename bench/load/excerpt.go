//go:build linux

package load

import "slices"

// An excerpt is how the body of the first response of a class of failures began.
type excerpt struct {
	class string
	body  []byte
}

// excerpts are those of one core, in the order in which they came.
type excerpts []excerpt

// note keeps the beginning of a body if it is the first of its class that has one.
func (e *excerpts) note(class string, body []byte) {
	if len(body) > 0 && !slices.ContainsFunc(*e, func(known excerpt) bool { return known.class == class }) {
		*e = append(*e, excerpt{class, slices.Clone(body)})
	}
}

// report hands all of them to r.
func (e excerpts) report(r ExcerptRecorder) {
	for _, known := range e {
		r.ObserveExcerpt(known.class, known.body)
	}
}
