//go:build linux

package merge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/merge"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Running servers are targets that are already up, by name.
type running map[string]string

func (r running) Launch(_ context.Context, model, workload string) (*subject.Target, func() error, error) {
	return &subject.Target{Workload: workload, Model: model, URL: r[model], External: true},
		func() error { return nil }, nil
}

// aPlan returns the plan of a part of a run with a closed and an open loop.
func aPlan(part plan.Part, at time.Time) plan.Plan {
	p := plan.Plan{Workloads: []contract.Description{{Name: "url",
		Requests: []contract.Request{{Name: "/", Method: "GET", Path: "/"}}}},
		Rounds: 3, Starts: 3, BlockNS: int64(100 * time.Millisecond), MinRequests: 5, Seed: 4, Baseline: "server",
		Part: &part, StartAt: at}
	for _, l := range []plan.Load{{Kind: plan.Closed, Concurrency: 3}, openLoop(400)} {
		p.Cells = append(p.Cells, plan.Cell{Workload: "url", Request: "/", Model: "server", Engine: "epoll", Load: l})
	}
	return p
}

// A generator measures one part.
type generator struct {
	part  plan.Part
	ahead time.Duration // of its clock
	late  time.Duration // how much later than the others it starts
	shape string        // of its plan, from shapes
	twin  string        // URL of a second target; "" if there is none
}

// shapes are changes to the plan of aPlan, by name.
var shapes = map[string]func(*plan.Plan){
	"":     func(*plan.Plan) {},
	"nine": func(p *plan.Plan) { p.Rounds = 9 },
	"long": func(p *plan.Plan) { lengthen(p, p.Cells[1].Load) },
	"two rates": func(p *plan.Plan) {
		lengthen(p, openLoop(100), openLoop(1000))
		p.Objective.Percentile = 0.9 // of few requests
	},
}

// lengthen gives a plan open loops alone, long enough for a p99.
func lengthen(p *plan.Plan, loads ...plan.Load) {
	cell := p.Cells[0]
	p.Rounds, p.BlockNS, p.Cells = 6/len(loads), int64(time.Second), nil
	for _, cell.Load = range loads {
		p.Cells = append(p.Cells, cell)
	}
	// Of this objective, a generator may be 10 ms late: there are more of them than cores.
	p.Objective = &plan.Objective{Percentile: 0.99, LimitNS: int64(200 * time.Millisecond)}
}

func openLoop(rate float64) plan.Load {
	return plan.Load{Kind: plan.Open, Concurrency: 12, RateRPS: rate}
}

// measure has the generators measure the server at the same time, and returns their directories.
func measure(t *testing.T, url string, generators ...generator) (dirs []string) {
	t.Helper()
	at := time.Now().Add(1500 * time.Millisecond)
	results := t.TempDir()
	var all sync.WaitGroup
	for _, g := range generators {
		dir := filepath.Join(results, strings.ReplaceAll(g.part.String(), "/", "of"))
		dirs = append(dirs, dir)
		all.Go(func() { g.measure(t, url, dir, at) })
	}
	all.Wait()
	return dirs
}

// measure measures the part and writes its run directory.
func (g generator) measure(t *testing.T, url, dir string, at time.Time) {
	time.Sleep(g.late)
	p := aPlan(g.part, at)
	shapes[g.shape](&p)
	for _, c := range slices.Clone(p.Cells) {
		if c.Model = "twin"; g.twin != "" {
			p.Cells = append(p.Cells, c)
		}
	}
	rec, err := record.Create(dir, record.Head{Schema: record.Schema, ID: filepath.Base(dir), Version: "1", Plan: p})
	if err != nil {
		t.Error(err)
		return
	}
	r := run.Runner{Plan: p, Launcher: running{"server": url, "twin": g.twin}, Engines: load.Engines(), Record: rec,
		Wall: func() time.Time { return time.Now().Add(g.ahead) }}
	if err := r.RunPart(t.Context()); err != nil {
		t.Errorf("part %v: %v", g.part, err)
	}
	if err := rec.Finish(record.Tail{Complete: true, LengthNS: 1}); err != nil {
		t.Error(err)
	}
}

// mergedDir merges the parts and returns the directory of the merged run.
func mergedDir(t *testing.T, dirs []string) string {
	t.Helper()
	parts, err := merge.Read(dirs, "1")
	if err != nil {
		t.Fatal(err)
	}
	dir, err := parts.Merge(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// merged merges the parts and returns the analysis.
func merged(t *testing.T, dirs []string) *analysis.Analysis {
	t.Helper()
	a, err := analysis.AnalyzeDir(mergedDir(t, dirs))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func hello(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(2 * time.Millisecond)
		io.WriteString(w, "hello\n")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// problems returns the problems of the parts, one line each.
func problems(a *analysis.Analysis) (lines []string) {
	for _, w := range a.Warnings {
		if w.Code == "parts" {
			lines = append(lines, w.Text)
		}
	}
	return lines
}

// atOnce calls the functions concurrently: measuring is mostly waiting.
func atOnce(all ...func()) {
	var running sync.WaitGroup
	for _, f := range all {
		running.Go(f)
	}
	running.Wait()
}

// significant returns the problems without those that any part has on a busy machine.
func significant(lines []string) (left []string) {
	busy := regexp.MustCompile(`blocks began up to|could not keep up|it left out|it began late|is known within`)
	for _, line := range lines {
		of, problems, _ := strings.Cut(line, ": ")
		for problem := range strings.SplitSeq(problems, "; ") {
			if !busy.MatchString(problem) {
				left = append(left, of+": "+problem)
			}
		}
	}
	return left
}

// Three parts send the requests that one generator would: of the open loop, exactly the same. All of them are in the
// percentiles.
func TestMergeIsTheWhole(t *testing.T) {
	t.Parallel()
	url := hello(t)
	var whole, three []string
	atOnce(func() { whole = measure(t, url, generator{part: plan.Part{Number: 1, Of: 1}}) }, func() {
		three = measure(t, url, generator{part: plan.Part{Number: 1, Of: 3}}, generator{part: plan.Part{Number: 2, Of: 3}},
			generator{part: plan.Part{Number: 3, Of: 3}})
	})
	slices.Reverse(three) // in any order
	one, a := merged(t, whole), merged(t, three)
	if lines := significant(problems(a)); len(lines) > 0 {
		t.Errorf("problems: %q", lines)
	}
	if len(a.Cells) != 2 || len(one.Cells) != 2 {
		t.Fatalf("%d cells, and %d of one generator, want 2", len(a.Cells), len(one.Cells))
	}
	if got, want := a.Cells[1].Requests, one.Cells[1].Requests; got != want || want < 80 {
		t.Errorf("the parts of an open loop have %d requests, one generator has %d", got, want)
	}
	counted := int64(0)
	for _, n := range a.Cells[1].Distribution.Counts {
		counted += n
	}
	valid := 0
	for _, s := range a.Cells[1].Samples {
		valid += s.Requests
	}
	if a.Cells[1].InvalidBlocks == 0 && counted != int64(valid) {
		t.Errorf("%d response times are in the distribution, want %d", counted, valid)
	}
	// A busy machine has a few slow responses in blocks that end late; then the throughput is only bounded by 2 ms.
	closed, length := 0, 0.0
	busy := false
	for _, s := range a.Cells[0].Samples {
		closed, length, busy = closed+s.Requests, length+0.1, busy || s.Requests < 50
	}
	rps := a.Cells[0].ThroughputRPS
	if rps != nil && (*rps > 1600 || !busy && (*rps < float64(closed)/length/2 || *rps > float64(closed)/length*2)) {
		t.Errorf("3 clients of a server that takes 2 ms have %.0f/s, of %d responses in %.1f s", *rps, closed, length)
	}
}

// A part that is late, lost, or on another clock is named, and the blocks that lack it are not evaluated.
func TestUnlikeParts(t *testing.T) {
	t.Parallel()
	url := hello(t)
	first, second := plan.Part{Number: 1, Of: 2}, plan.Part{Number: 2, Of: 2}
	var alike, behind, unlike, slow []string
	atOnce(func() { alike = measure(t, url, generator{part: first}, generator{part: second}) },
		func() {
			behind = measure(t, url, generator{part: first, shape: "nine"},
				generator{part: second, shape: "nine", late: 4500 * time.Millisecond}) // 3 s after the others begin
		},
		func() {
			unlike = measure(t, url, generator{part: first}, generator{part: second, ahead: 700 * time.Millisecond})
		}, func() {
			slow = measure(t, url, generator{part: first}, generator{part: second, ahead: -10 * time.Second})
		})
	late := merged(t, behind)
	if lines := strings.Join(problems(late), "\n"); !regexp.MustCompile(
		`part 2 of 2: (.*; )?it began late, with block `).MatchString(lines) {
		t.Errorf("the problems of a late part are %q", lines)
	}
	itself, err := record.Read(behind[1])
	if err != nil {
		t.Fatal(err)
	}
	have := 0
	for _, b := range itself.Blocks {
		if b.Cell == 0 && !b.WarmUp {
			have++
		}
	}
	if c := late.Cells[0]; c.Invalid["part"] < c.Blocks-have || have == c.Blocks {
		t.Errorf("%d of %d blocks lack the late part, which has %d of them", c.Invalid["part"], c.Blocks, have)
	}

	ahead := merged(t, unlike)
	if lines := problems(ahead); len(lines) == 0 ||
		!regexp.MustCompile(`part [12] of 2: (.*; )?its clock is at least [3-7][0-9]{2}ms (ahead of|behind) that of part`).
			MatchString(strings.Join(lines, "\n")) {
		t.Errorf("the problems of a part whose clock is ahead are %q", lines)
	}
	if c := ahead.Cells[0]; c.InvalidBlocks != c.Blocks || c.Response.P50 != nil {
		t.Errorf("%d of %d blocks are invalid, and the median is %v; want all, and none", c.InvalidBlocks, c.Blocks,
			c.Response.P50)
	}

	off := merged(t, slow)
	if lines := strings.Join(problems(off), "\n"); !regexp.MustCompile(
		`part 2 of 2: (.*; )?its clock is at least 9\.[5-9][0-9]*s behind that of part 1/2`).MatchString(lines) {
		t.Errorf("the problems of a part whose clock is 10 s behind are %q", lines)
	}
	if c := off.Cells[0]; c.InvalidBlocks != c.Blocks {
		t.Errorf("with a clock 10 s off, %d of %d blocks are invalid, want all", c.InvalidBlocks, c.Blocks)
	}

	killed := merged(t, []string{alike[0], cut(t, alike[1])})
	if lines := significant(problems(killed)); len(lines) != 1 ||
		!strings.Contains(lines[0], "part 2 of 2: it has no end, as it was killed or is still running: it has ") {
		t.Errorf("the problems of a killed part are %q", lines)
	}
	if killed.Run.Complete || killed.Cells[0].Invalid["part"] == 0 {
		t.Errorf("complete: %t; %d blocks lack the killed part", killed.Run.Complete, killed.Cells[0].Invalid["part"])
	}

	overloaded := merged(t, []string{alike[0], changedBlocks(t, alike[1], func(b *record.Block) {
		b.GeneratorNS = b.LengthNS * 9 / 10
	})})
	if c := overloaded.Cells[1]; c.Invalid["generator"] != c.Blocks {
		t.Errorf("with an overloaded generator, %v of %d blocks of the open loop are invalid, want all", c.Invalid,
			c.Blocks)
	}
	if lines := strings.Join(problems(overloaded), "\n"); !regexp.MustCompile(
		`part 2 of 2: .*its generator could not keep up in [0-9]+ of [0-9]+ blocks`).MatchString(lines) {
		t.Errorf("the problems of an overloaded generator are %q", lines)
	}

	for name, test := range map[string]struct {
		dirs []string
		want string
	}{
		"twice":   {[]string{alike[0], alike[1], alike[0]}, "part 1/2 was given twice"},
		"missing": {alike[:1], "missing parts: 2/2"},
		"none":    {nil, "no part given"},
		"other version": {[]string{alike[0], changed(t, alike[1], func(h *record.Head) { h.Version = "2" })},
			"made by forktax 2, but this is 1"},
		"other seed": {[]string{alike[0], changed(t, alike[1], func(h *record.Head) { h.Plan.Seed = 5 })},
			"differ in seed (4 and 5)"},
		"other rate": {[]string{alike[0], changed(t, alike[1], func(h *record.Head) { h.Plan.Cells[1].Load.RateRPS = 5 })},
			"differ in cells[1].load.rate_rps (400 and 5)"},
		"other number": {[]string{alike[0], changed(t, alike[1], func(h *record.Head) { h.Plan.Part.Of = 3 })},
			"same number of parts"},
		"a path as ID": {[]string{changed(t, alike[0], func(h *record.Head) { h.ID = "../../x" })},
			"is not the name of a directory"},
		"no cells": {[]string{changed(t, alike[0], func(h *record.Head) { h.Plan.Cells = nil })},
			"block of cell 0; the plan has 0 cells"},
		"a number of a part above theirs": {[]string{changed(t, alike[0], func(h *record.Head) { h.Plan.Part.Number = 9 })},
			"the number of the part is 9; must be from 1 to 2"},
		"too many parts": {[]string{changed(t, alike[0], func(h *record.Head) { h.Plan.Part.Of = 1 << 40 })},
			"the number of parts is"},
		"whole run": {[]string{changed(t, alike[0], func(h *record.Head) { h.Plan.Part = nil })}, "a whole run"},
	} {
		_, err := merge.Read(test.dirs, "1")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// lines returns the lines of the blocks file of a copy of a run, and its path.
func lines(t *testing.T, dir string) (text []string, path string) {
	t.Helper()
	copied := t.TempDir()
	if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(copied, "blocks.jsonl")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(strings.Lines(string(content))), path
}

// changedBlocks returns a copy of a run with other blocks.
func changedBlocks(t *testing.T, dir string, change func(*record.Block)) string {
	t.Helper()
	text, path := lines(t, dir)
	for i, line := range text {
		var entry struct {
			Block *record.Block `json:"block"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Block == nil {
			continue
		}
		change(entry.Block)
		changed, err := json.Marshal(entry)
		if err != nil {
			t.Fatal(err)
		}
		text[i] = string(changed) + "\n"
	}
	if err := os.WriteFile(path, []byte(strings.Join(text, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}

// cut returns a copy of a run that was killed in the middle.
func cut(t *testing.T, dir string) string {
	t.Helper()
	text, path := lines(t, dir)
	if err := os.WriteFile(path, []byte(strings.Join(text[:len(text)/2], "")), 0o644); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}

// changed returns a copy of a run with another head.
func changed(t *testing.T, dir string, change func(*record.Head)) string {
	t.Helper()
	text, path := lines(t, dir)
	var first struct {
		Head *record.Head `json:"head"`
	}
	if err := json.Unmarshal([]byte(text[0]), &first); err != nil {
		t.Fatal(err)
	}
	change(first.Head)
	head, err := json.Marshal(first)
	if err != nil {
		t.Fatal(err)
	}
	text[0] = string(head) + "\n"
	if err := os.WriteFile(path, []byte(strings.Join(text, "")), 0o644); err != nil {
		t.Fatal(err)
	}
	return filepath.Dir(path)
}

// Machines of a check measure at any time, so nothing is said of their clocks.
func TestMergedCheckHasNoClocks(t *testing.T) {
	r, err := record.Read(mergedDir(t, checkParts(t, 2, 0)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Parts) != 2 {
		t.Errorf("the merged check has %d parts, want 2", len(r.Parts))
	}
	for _, p := range r.Parts {
		if len(p.Problems) > 0 {
			t.Errorf("problems of part %d are %q, want none", p.Number, p.Problems)
		}
	}
}

// Of a check, the parts that are there are merged; a missing one is named.
func TestMergedCheckLacksParts(t *testing.T) {
	for _, missing := range []int{1, 3} {
		r, err := record.Read(mergedDir(t, checkParts(t, 3, missing)))
		if err != nil {
			t.Fatal(err)
		}
		if r.ID != "run-merged" || len(r.Parts) != 3 || r.Tail.Complete || r.Plan.Check.MustCatch != 0.1 {
			t.Errorf("without part %d, run %s has %d parts and the check %+v; complete: %t", missing, r.ID, len(r.Parts),
				r.Plan.Check, r.Tail.Complete)
		}
		for _, p := range r.Parts {
			if want := p.Number == missing; p.Lost != want || (len(p.Problems) > 0) != want {
				t.Errorf("without part %d, part %d is lost: %t, with the problems %q", missing, p.Number, p.Lost, p.Problems)
			}
		}
	}
}

// checkParts returns the directories of the parts of a check, except the missing one.
func checkParts(t *testing.T, of, missing int) (dirs []string) {
	for n := 1; n <= of; n++ {
		if n == missing {
			continue
		}
		p := aPlan(plan.Part{Number: n, Of: of}, time.Time{})
		p.Check = &plan.CheckSpec{Alpha: 0.01, Margin: 0.03, MustCatch: 0.1}
		dir := filepath.Join(t.TempDir(), fmt.Sprint(n))
		rec, err := record.Create(dir, record.Head{Schema: record.Schema, ID: fmt.Sprintf("run-%dof%d", n, of),
			Version: "1", Plan: p})
		if err != nil {
			t.Fatal(err)
		}
		if err := rec.Finish(record.Tail{Complete: true, LengthNS: 1}); err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, dir)
	}
	return dirs
}
