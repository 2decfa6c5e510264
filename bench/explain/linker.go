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

// linkerStats are the statistics of glibc's dynamic linker for one start.
type linkerStats struct {
	ticks       int64 // ticks until the program's first instruction
	relocations int64 // relocations of symbols, including those bound later
}

var linkerLine = regexp.MustCompile(`(total startup time in dynamic loader|number of relocations): (\d{1,18})`)

// parseLinkerStats parses the statistics of a process: one element for each program that it executed.
func parseLinkerStats(text []byte) []linkerStats {
	var all []linkerStats
	for _, m := range linkerLine.FindAllSubmatch(text, -1) {
		n, _ := strconv.ParseInt(string(m[2]), 10, 64) // at most 18 digits always fit
		switch {
		case string(m[1]) != "number of relocations":
			all = append(all, linkerStats{ticks: n})
		case len(all) > 0:
			all[len(all)-1].relocations = n // the last one is final if the program ran to its end
		}
	}
	return all
}

// linkerStats makes the dynamic linker print its statistics in one start. Only glibc's linker supports this; it writes
// a file for each process.
func (c Command) linkerStats(ctx context.Context) ([]linkerStats, error) {
	dir, remove, err := process.TempDir("the dynamic linker's statistics")
	if err != nil {
		return nil, err
	}
	defer remove()
	prefix := filepath.Join(dir, "ld")
	s, err := c.With("LD_DEBUG=statistics", "LD_DEBUG_OUTPUT="+prefix).Run(ctx)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(fmt.Sprintf("%s.%d", prefix, s.State.Pid()))
	if err != nil {
		return nil, nil // no dynamic linker, or not glibc's
	}
	return parseLinkerStats(text), nil
}

var cyclesPerSecond = regexp.MustCompile(`cycles/second=(\d{1,18})`)

// ticksPerSecond returns the rate of the counter that glibc's dynamic linker reads: the time stamp counter on amd64, or
// nanoseconds if there is no counter. Go's runtime calibrates the same counter for its block profiles, and prints the
// rate in their header. No other source of the rate works without assembly.
func ticksPerSecond() float64 {
	var text bytes.Buffer
	_ = pprof.Lookup("block").WriteTo(&text, 1) // a buffer never fails
	m := cyclesPerSecond.FindSubmatch(text.Bytes())
	if m == nil {
		return 0
	}
	rate, _ := strconv.ParseFloat(string(m[1]), 64) // digits always parse
	return rate
}
