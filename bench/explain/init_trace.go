package explain

import (
	"context"
	"regexp"
	"strconv"
	"time"
)

// packageInit is the initialization of one Go package before main: of its variables, and by its init functions.
type packageInit struct {
	name   string
	took   time.Duration
	allocs int64
}

var initLine = regexp.MustCompile(
	`(?m)^init (\S+) @[0-9.]+ ms, (\d{1,9}(?:\.\d+)?) ms clock, \d+ bytes, (\d{1,15}) allocs$`)

// parseInits parses the output of GODEBUG=inittrace=1. Children may be Go programs, too; reading stops at the first
// repeated package, so that only the first process is read.
func parseInits(log []byte) []packageInit {
	var all []packageInit
	seen := map[string]bool{}
	for _, m := range initLine.FindAllSubmatch(log, -1) {
		name := string(m[1])
		ms, _ := strconv.ParseFloat(string(m[2]), 64) // at most 9 digits always fit
		allocs, _ := strconv.ParseInt(string(m[3]), 10, 64)
		if seen[name] {
			break
		}
		seen[name] = true
		all = append(all, packageInit{name, time.Duration(ms * float64(time.Millisecond)), allocs})
	}
	return all
}

// debugPackage is the package that reads GODEBUG. It has almost nothing to do without that variable, which the
// measurement sets.
const debugPackage = "internal/godebug"

// inits starts the program several times and returns the medians.
func (c Command) inits(ctx context.Context, starts int) ([]packageInit, error) {
	return typical(ctx, c.debugging("inittrace=1"), starts, parseInits, func(p packageInit) string { return p.name },
		func(p *packageInit) *time.Duration { return &p.took })
}
