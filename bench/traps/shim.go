package traps

import (
	"context"
	"fmt"

	"forktax/bench/subject"
)

// throughShim looks for a version manager between the program and its interpreter. A shim of a server does not matter,
// since it only delays the start, which is not measured.
func throughShim(ctx context.Context, p *probe) (evidence string) {
	tool, shim, real, ok := subject.ShimOf(ctx, p.Path)
	if !ok {
		return ""
	}
	evidence = fmt.Sprintf("each request to %s starts %s, a shim of %s", p.Path, shim, tool)
	if real != "" {
		evidence += ", which finds and starts " + real
	}
	return evidence
}
