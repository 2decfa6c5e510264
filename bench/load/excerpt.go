//go:build linux

package load

import "slices"

// An excerpt is the beginning of the body of the first response of a failure class.
type excerpt struct {
	class string
	body  []byte
}

// excerpts are the excerpts of one core, in order of arrival.
type excerpts []excerpt

// note keeps the beginning of a body if it is the first non-empty one of its class.
func (e *excerpts) note(class string, body []byte) {
	if len(body) > 0 && !slices.ContainsFunc(*e, func(known excerpt) bool { return known.class == class }) {
		*e = append(*e, excerpt{class, slices.Clone(body)})
	}
}

// report passes all excerpts to r.
func (e excerpts) report(r ExcerptRecorder) {
	for _, known := range e {
		r.ObserveExcerpt(known.class, known.body)
	}
}
