package traps

import (
	"context"
	"fmt"

	"forktax/bench/subject"
)

// throughShim looks for a version manager between the program and its interpreter. That of a server only delays its
// start, which is not measured.
func throughShim(ctx context.Context, p *probe) (evidence string) {
	tool, shim, real, ok := subject.ShimOf(ctx, p.Path)
	if !ok {
		return ""
	}
	evidence = fmt.Sprintf("each request to %s starts %s, a shim of %s", p.Path, shim, tool)
	if real != "" {
		evidence += ", which looks for " + real + " and starts it"
	}
	return evidence
}
