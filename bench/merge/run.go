package merge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// Parts are all parts of a run or a check, by number.
type Parts []*part

// Merge writes the merged run into a new directory below results, which it returns. A part that was late or lost is
// named in the record; what it lacks makes blocks invalid, but the others are merged.
func (parts Parts) Merge(ctx context.Context, results string) (dir string, err error) {
	if parts[0].Plan.Check != nil {
		return mergeChecks(ctx, parts, results)
	}
	return mergeRuns(ctx, parts, results)
}

// A place is the position of a block in the timetable.
type place struct{ round, cell int }

// mergeRuns merges the blocks that the parts measured at the same time.
func mergeRuns(ctx context.Context, parts []*part, results string) (string, error) {
	whole := parts[0].Plan
	slots, length := whole.Timetable()
	if len(slots) == 0 {
		return "", errors.New("the plan of the parts has no timetable: its numbers are out of range")
	}
	for _, p := range parts {
		p.readClock()
	}
	judgeClocks(parts, whole)
	of := make([]map[place]record.Block, len(parts))
	for i, p := range parts {
		of[i] = map[place]record.Block{}
		for _, b := range p.Blocks {
			of[i][place{b.Round, b.Cell}] = b
		}
	}
	var merged []mergedBlock
	planned := 0
	for _, slot := range slots {
		if slot.WarmUp {
			continue
		}
		planned++
		m := together(parts, of, slot, whole.MaxLate(whole.Cells[slot.Cell]))
		if m.number = planned; len(m.shares) > 0 {
			merged = append(merged, m)
		}
	}
	for i, p := range parts {
		p.describe(planned, len(of[i]), merged)
	}
	return write(ctx, parts, merged, length, results)
}

// A mergedBlock is a block of the merged run with its shares.
type mergedBlock struct {
	record.Block
	shares []record.Block
	from   []int // index of the part of each share
	number int   // in the timetable, from 1; warm-ups do not count
}

// together returns the merged block of a slot.
func together(parts []*part, of []map[place]record.Block, slot plan.Slot, allowed time.Duration) mergedBlock {
	m := mergedBlock{Block: record.Block{Cell: slot.Cell, Round: slot.Round, Start: slot.Start,
		BeganNS: int64(slot.Begin)}}
	for i, p := range parts {
		b, ok := of[i][place{slot.Round, slot.Cell}]
		if !ok {
			continue
		}
		late := time.Duration(b.BeganNS) - slot.Begin + p.ahead
		m.Block.Parts = append(m.Block.Parts, record.BlockPart{Part: p.Plan.Part.Number, Requests: b.Requests,
			Bytes: b.Observations.Bytes, LengthNS: b.LengthNS, GeneratorNS: b.GeneratorNS, LateNS: int64(late),
			Late: late.Abs() > allowed})
		m.add(b)
		m.shares, m.from = append(m.shares, b), append(m.from, i)
	}
	return m
}

// add adds the share of a part to the totals of the block. The usage of the server is that of one part, which read it
// for the requests of all.
func (m *mergedBlock) add(b record.Block) {
	m.LengthNS, m.DiscardNS = max(m.LengthNS, b.LengthNS), b.DiscardNS
	before := 0
	for _, share := range m.shares {
		before += share.Requests
	}
	if len(b.Errors) > 0 {
		if m.Errors == nil {
			m.Errors, m.Failures = map[string]int{}, record.Failures{}
		}
		for class, n := range b.Errors {
			m.Errors[class] += n
		}
		m.Failures.Merge(b.Failures, before)
	}
	m.LogLines = record.MergeLogLines(m.LogLines, b.LogLines)
	m.GeneratorNS += b.GeneratorNS
	m.Collections += b.Collections
	m.Machine = m.Machine.Add(b.Machine)
	if m.Usage == nil {
		m.Usage, m.DatabaseNS, m.IdleNS, m.IdleCPUNS = b.Usage, b.DatabaseNS, b.IdleNS, b.IdleCPUNS
		m.TargetWait, m.ReadingNS = b.TargetWait, b.ReadingNS
	}
	if len(m.shares) == 0 {
		m.GeneratorWait = b.GeneratorWait
	} else {
		m.GeneratorWait = m.GeneratorWait.Add(b.GeneratorWait)
	}
}

// describe adds the problems of a part to it: how many of all blocks it lacks, or began at the wrong time.
func (p *part) describe(all, measured int, merged []mergedBlock) {
	late, first, longest := 0, 0, time.Duration(0)
	for _, m := range merged {
		for _, share := range m.Block.Parts {
			if share.Part != p.Plan.Part.Number {
				continue
			}
			if first == 0 {
				first = m.number
			}
			if share.Late {
				late, longest = late+1, max(longest, time.Duration(share.LateNS).Abs())
			}
		}
	}
	switch {
	case p.Tail == record.Tail{}:
		p.lost = true
		p.problems = append(p.problems, fmt.Sprintf("it has no end, as it was killed or is still running: it has "+
			"%d of %d blocks", measured, all))
	case !p.Tail.Complete:
		p.problems = append(p.problems, fmt.Sprintf("it ended early, with %d of %d blocks: %s", measured, all,
			strings.ReplaceAll(p.Tail.Condition, "\n", "; ")))
	case first > 1:
		p.problems = append(p.problems, fmt.Sprintf("it began late, with block %d of %d", first, all))
	case measured < all:
		p.problems = append(p.problems, fmt.Sprintf("it left out %d of %d blocks, as the one before took too long",
			all-measured, all))
	}
	if late > 0 {
		p.problems = append(p.problems, fmt.Sprintf("%d of its blocks began up to %v too early or too late", late,
			longest.Round(time.Millisecond)))
	}
}

// write writes the merged run. If it fails, it removes the directory: the parts still have everything.
func write(ctx context.Context, parts []*part, merged []mergedBlock, length time.Duration, results string) (dir string,
	err error) {
	first := first(parts)
	head := first.Head
	head.Plan.Part = nil
	setOtherClocks(&head.Plan, parts)
	head.ID = strings.TrimSuffix(first.ID, fmt.Sprintf("-%dof%d", first.Plan.Part.Number, len(parts))) + "-merged"
	for _, p := range parts {
		head.Parts = append(head.Parts, record.PartRun{Number: p.Plan.Part.Number, ID: p.ID, Started: p.Started,
			Environment: p.Environment, Blocks: len(p.Blocks), Starts: p.starts, Clock: p.clock, Problems: p.problems,
			Lost: p.lost})
	}
	sources := make([]*record.Source, len(parts))
	for i, p := range parts {
		if p.dir == "" {
			continue
		}
		if sources[i], err = record.OpenSource(p.dir); err != nil {
			return "", err
		}
		defer sources[i].Close()
	}
	id := head.ID
	rec, err := record.Create(filepath.Join(results, head.ID), head)
	for n := 2; errors.Is(err, fs.ErrExist); n++ { // the parts were merged before
		head.ID = fmt.Sprintf("%s-%d", id, n)
		rec, err = record.Create(filepath.Join(results, head.ID), head)
	}
	if err != nil {
		return "", err
	}
	err = rec.Describe(first.Responses)
	for i := 0; err == nil && i < len(merged); i++ {
		if err = context.Cause(ctx); err != nil {
			break
		}
		var from []*record.Source
		for _, part := range merged[i].from {
			from = append(from, sources[part])
		}
		err = rec.Merge(merged[i].Block, merged[i].shares, from)
	}
	if err = errors.Join(err, rec.Finish(tailOf(parts, length))); err != nil {
		return "", errors.Join(err, os.RemoveAll(rec.Dir))
	}
	return rec.Dir, nil
}

// first returns the first part with a directory.
func first(parts []*part) *part {
	return parts[slices.IndexFunc(parts, func(p *part) bool { return p.dir != "" })]
}

// tailOf returns the tail of the merged run, which is complete if all parts are.
func tailOf(parts []*part, length time.Duration) record.Tail {
	t := record.Tail{Complete: true, LengthNS: int64(length)}
	var ended []string
	for _, p := range parts {
		if !p.Tail.Complete {
			ended = append(ended, fmt.Sprintf("part %v: %s", p.Plan.Part, strings.Join(p.problems, ", ")))
		}
	}
	if len(ended) > 0 {
		t.Complete, t.Condition = false, strings.Join(ended, "; ")
	}
	return t
}
