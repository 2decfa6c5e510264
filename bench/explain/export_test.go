package explain

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"
)

var (
	ParseResponse = parseResponse
	Unquote       = unquote
	ParseImports  = parseImports
	Ticks         = ticksPerSecond
	BlockSize     = blockSize
)

// Traced parses strace's output for a command that was started in dir with the given standard output, and returns the
// trace as lines.
func Traced(from io.Reader, dir, stdout string) ([]string, error) {
	calls, err := parseCalls(from)
	if err != nil {
		return nil, err
	}
	return newTrace(calls, dir, stdout).lines(), nil
}

func (t trace) lines() []string {
	var all []string
	for _, i := range t.images {
		line := "image " + i.path
		for _, mark := range []struct {
			is   bool
			text string
		}{{i.root, " root"}, {i.late, " late"}, {i.threads > 0, fmt.Sprintf(" threads=%d", i.threads)},
			{i.forks > 0, fmt.Sprintf(" forks=%d", i.forks)}, {i.probes > 0, fmt.Sprintf(" probes=%d", i.probes)}} {
			if mark.is {
				line += mark.text
			}
		}
		all = append(all, line)
		for _, u := range i.uses {
			all = append(all, fmt.Sprintf("  %s opened=%d read=%d mapped=%t looked=%d missed=%d late=%t",
				u.path, u.opened, u.read, u.mapped, u.stats, u.missed, u.late))
		}
		for _, c := range i.connections {
			all = append(all, fmt.Sprintf("  %s %s late=%t", c.network, c.address, c.late))
		}
	}
	return all
}

// ParseInits returns each package as "name took allocs".
func ParseInits(log []byte) []string {
	var all []string
	for _, p := range parseInits(log) {
		all = append(all, fmt.Sprint(p.name, " ", p.took, " ", p.allocs))
	}
	return all
}

// ParseLinkerStats returns the ticks and the relocations of each program.
func ParseLinkerStats(text []byte) (all [][2]int64) {
	for _, l := range parseLinkerStats(text) {
		all = append(all, [2]int64{l.ticks, l.relocations})
	}
	return all
}

// Roots returns each root as "name below costliest".
func Roots(all []Import) []string {
	var found []string
	for _, r := range roots(all) {
		found = append(found, strings.TrimSpace(fmt.Sprint(r.Name, " ", r.below, " ", r.costliest)))
	}
	return found
}

// Replay repeats a program's use of a path.
func Replay(path string, opened int, read int64, mapped bool, looked, missed int) (time.Duration, bool) {
	u := use{path: path, opened: opened, read: read, mapped: mapped, stats: looked, missed: missed}
	return u.replay()
}

// Dial repeats a program's connection.
func Dial(network, address string) (time.Duration, bool) {
	return connection{network: network, address: address}.replay()
}

// Expanded returns the command line with its interpreter, and the same with options for the interpreter.
func (c Command) Expanded(options ...string) (words, given []string, ok bool) {
	i, ok := c.interpreted()
	if !ok {
		return nil, nil, false
	}
	return i.words, i.given(options...), true
}

// Judged returns the trial of the given pairs.
func Judged(baseline, changes []float64, confidence float64) Trial {
	t := pairedTrial{confidence: confidence, baseline: baseline, candidate: changes}
	var r Trial
	t.judge(&r)
	return r
}

// Compare runs a trial of two commands. Responses must equal the response of a first start of base.
func Compare(ctx context.Context, base, changed Command, budget time.Duration) (Trial, error) {
	first, err := base.Run(ctx)
	if err != nil {
		return Trial{}, err
	}
	t := pairedTrial{base: base, changed: changed, confidence: 0.95, budget: budget, random: rand.New(rand.NewPCG(1, 1))}
	if t.response, err = first.Response(); err != nil {
		return Trial{}, err
	}
	var r Trial
	if err := t.run(ctx); err != nil {
		return r, err
	}
	t.judge(&r)
	return r, nil
}
