package explain

import (
	"context"
	"regexp"
	"strconv"
	"time"
)

// packageInit is one Go package whose variables and init functions took time before main.
type packageInit struct {
	name   string
	took   time.Duration
	allocs int64
}

var initLine = regexp.MustCompile(`(?m)^init (\S+) @[0-9.]+ ms, (\d{1,9}(?:\.\d+)?) ms clock, \d+ bytes, (\d{1,15}) allocs$`)

// parseInits reads what GODEBUG=inittrace=1 makes a Go program write. Its children may be Go programs, too; the
// packages of the first are taken, which end where one comes again.
func parseInits(log []byte) []packageInit {
	var all []packageInit
	seen := map[string]bool{}
	for _, m := range initLine.FindAllSubmatch(log, -1) {
		name := string(m[1])
		ms, _ := strconv.ParseFloat(string(m[2]), 64) // so many digits fit in
		allocs, _ := strconv.ParseInt(string(m[3]), 10, 64)
		if seen[name] {
			break
		}
		seen[name] = true
		all = append(all, packageInit{name, time.Duration(ms * float64(time.Millisecond)), allocs})
	}
	return all
}

// debugPackage reads GODEBUG, by which the others are measured: without that variable it has next to nothing to do.
const debugPackage = "internal/godebug"

// inits starts the program some times and takes the medians.
func (c Command) inits(ctx context.Context, starts int) ([]packageInit, error) {
	return typical(ctx, c.debugging("inittrace=1"), starts, parseInits, func(p packageInit) string { return p.name },
		func(p *packageInit) *time.Duration { return &p.took })
}
