package workers

import (
	"forktax/cgi/child"
	"forktax/cgi/message"
)

// appendVariables appends the variables of a request, and the one that asks for a report.
func (e *exchange) appendVariables(b []byte) []byte {
	message.Variables(e.request, e.host.Authorization, func(name, value string) { b = appendPair(b, name, value) })
	return appendPair(b, child.Variable, e.report)
}
