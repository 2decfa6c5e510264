package explain

import (
	"bytes"
	"context"
	"fmt"
	"forktax/bench/process"
	"os"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"strconv"
)

// linkerStats is what glibc's dynamic linker says of its own work in one start.
type linkerStats struct {
	ticks       int64 // until the program's first instruction
	relocations int64 // of symbols, those that were bound later included
}

var linkerSays = regexp.MustCompile(`(total startup time in dynamic loader|number of relocations): (\d{1,18})`)

// parseLinkerStats reads the statistics of a process: one for each program that it executed.
func parseLinkerStats(text []byte) []linkerStats {
	var all []linkerStats
	for _, m := range linkerSays.FindAllSubmatch(text, -1) {
		n, _ := strconv.ParseInt(string(m[2]), 10, 64) // so many digits fit in
		switch {
		case string(m[1]) != "number of relocations":
			all = append(all, linkerStats{ticks: n})
		case len(all) > 0:
			all[len(all)-1].relocations = n // the final number, if the program came to its end
		}
	}
	return all
}

// linkerStats has the dynamic linker print what it did in one start. Only glibc's does, and each process in a file of
// its own.
func (c Command) linkerStats(ctx context.Context) ([]linkerStats, error) {
	folder, remove, err := process.TempDir("the dynamic linker's statistics")
	if err != nil {
		return nil, err
	}
	defer remove()
	prefix := filepath.Join(folder, "ld")
	s, err := c.With("LD_DEBUG=statistics", "LD_DEBUG_OUTPUT="+prefix).Run(ctx)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(fmt.Sprintf("%s.%d", prefix, s.State.Pid()))
	if err != nil {
		return nil, nil // it has no dynamic linker, or not glibc's
	}
	return parseLinkerStats(text), nil
}

var cyclesPerSecond = regexp.MustCompile(`cycles/second=(\d{1,18})`)

// ticksPerSecond is the rate of the counter that glibc's dynamic linker reads (the time stamp counter on amd64,
// nanoseconds where there is none). Go's runtime reads the same for its profiles of contention, calibrates it, and says
// so at the head of such a profile, which is the one place to get it without assembly.
func ticksPerSecond() float64 {
	var text bytes.Buffer
	_ = pprof.Lookup("block").WriteTo(&text, 1) // a buffer takes all
	m := cyclesPerSecond.FindSubmatch(text.Bytes())
	if m == nil {
		return 0
	}
	rate, _ := strconv.ParseFloat(string(m[1]), 64) // digits are a number
	return rate
}
