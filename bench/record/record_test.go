package record_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// recorded records blocks of one cell and returns their directory.
func recorded(t *testing.T, blocks [][]record.Observation) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	rec, err := record.Create(dir, record.Head{Schema: record.Schema, ID: "test", Plan: onePlan()})
	if err != nil {
		t.Fatal(err)
	}
	for round, block := range blocks {
		rec.Begin()
		half := len(block) / 2
		batch := slices.Clone(block[:half])
		rec.Observe(batch)
		clear(batch) // engines may reuse the batch
		rec.Observe(block[half:])
		if err := rec.End(record.Block{Round: round, LengthNS: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := rec.Finish(record.Tail{Complete: true, LengthNS: 5}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// onePlan returns a plan with one cell.
func onePlan() plan.Plan {
	return plan.Plan{
		Workloads: []contract.Description{{Contract: contract.Version, Name: "hello", Models: []string{"cgi"},
			Requests: []contract.Request{{Name: "hello", Method: "GET", Path: "/"}}}},
		Cells: []plan.Cell{{Workload: "hello", Request: "hello", Model: "cgi", Engine: "fake",
			Load: plan.Load{Kind: plan.Closed, Concurrency: 1}}},
		Rounds: 5, Starts: 1, BlockNS: int64(time.Millisecond), MinRequests: 3, Seed: 1,
	}
}

func readRun(t *testing.T, dir string) *record.Result {
	t.Helper()
	r, err := record.Read(dir)
	if err != nil {
		t.Fatalf("Read = %v", err)
	}
	return r
}

// someBlocks draws observations for n blocks, with at least one right response in each.
func someBlocks(r *rand.Rand, n int) [][]record.Observation {
	var blocks [][]record.Observation
	for range n {
		block := someObservations(r, r.IntN(30))
		blocks = append(blocks, append(block, record.Observation{Status: 200}))
	}
	return blocks
}

// observations returns the observations of a block, and the error that ends them, if any.
func observations(r *record.Result, b record.Block) (seen []record.Observation, err error) {
	for o, err := range r.Observations(b) {
		if err != nil {
			return seen, err
		}
		seen = append(seen, o)
	}
	return seen, nil
}

// A run can be read while it is being recorded, and each block is read once.
func TestFollow(t *testing.T) {
	dir := recorded(t, someBlocks(rand.New(rand.NewPCG(5, 6)), 4))
	name := filepath.Join(dir, "blocks.jsonl")
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(whole, []byte("\n"))
	f := record.Follow(dir)
	for i, upTo := range []int{1, 1, 3, 6} { // the head, nothing more, two blocks, two blocks and the tail
		if err := os.WriteFile(name, bytes.Join(lines[:upTo], nil), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := f.Read(); err != nil {
			t.Fatalf("Read = %v", err)
		}
		if got, want := len(f.Result.Blocks), min(upTo-1, 4); got != want {
			t.Errorf("read %d: %d blocks, want %d", i, got, want)
		}
	}
	if diff := cmp.Diff(readRun(t, dir), &f.Result, cmpopts.IgnoreUnexported(record.Result{})); diff != "" {
		t.Errorf("run (-Read +Follow):\n%s", diff)
	}
	if err := os.WriteFile(name, append(whole, "oh\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := f.Read(); err == nil || !strings.Contains(err.Error(), "blocks.jsonl:7: ") {
		t.Errorf("Read = %v, want an error in line 7", err)
	}
}

func TestResultRoundTrip(t *testing.T) {
	blocks := someBlocks(rand.New(rand.NewPCG(5, 6)), 20)
	blocks[3] = someObservations(rand.New(rand.NewPCG(7, 8)), 100_000) // longer than any buffer
	result := readRun(t, recorded(t, blocks))
	if got, want := result.Tail, (record.Tail{Complete: true, LengthNS: 5}); got != want {
		t.Errorf("Tail = %+v, want %+v", got, want)
	}
	for i := len(blocks) - 1; i >= 0; i-- { // in any order
		b, want := result.Blocks[i], blocks[i]
		got, err := observations(result, b)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("observations of block %d: %v (-want +got):\n%s", i, err, cmp.Diff(want, got))
		}
		errors := map[string]int{}
		for _, o := range want {
			if o.Err != "" {
				errors[o.Err]++
			}
		}
		if len(errors) == 0 {
			errors = nil
		}
		if diff := cmp.Diff(errors, b.Errors); diff != "" || b.Requests != len(want) {
			t.Errorf("block %d: %d requests, want %d; errors (-want +got):\n%s", i, b.Requests, len(want), diff)
		}
	}
	for range result.Observations(result.Blocks[3]) {
		break // the caller may stop early
	}
}

func TestHeadRoundTrip(t *testing.T) {
	want := record.Head{Schema: record.Schema, ID: "20260102-150405-a1b2",
		Started: time.Date(2026, 1, 2, 15, 4, 5, 6, time.UTC), Version: "v1", Plan: onePlan(),
		Environment: record.Environment{OS: "linux", CPU: "Zen", Cores: 2, MemoryBytes: 1 << 40, Load1: 0.25,
			Programs: []record.Program{{Workload: "hello", Path: "/bin/hello", Bytes: 7, SHA256: "ab",
				Settings: map[string]string{"-tags": "netgo"}}}}}
	want.Plan.Seed = 1<<64 - 1
	want.Plan.Workloads[0].Requests[0].Headers = map[string]string{"X": "\x00<é>"}
	dir := filepath.Join(t.TempDir(), "below", "it")
	rec, err := record.Create(dir, want)
	if err != nil {
		t.Fatal(err)
	}
	if err := rec.Finish(record.Tail{Condition: "interrupted"}); err != nil {
		t.Fatal(err)
	}
	got := readRun(t, dir)
	if diff := cmp.Diff(want, got.Head); diff != "" {
		t.Errorf("Head (-want +got):\n%s", diff)
	}
	if len(got.Blocks) > 0 || got.Tail.Condition != "interrupted" {
		t.Errorf("%d blocks and the tail %+v, want none and interrupted", len(got.Blocks), got.Tail)
	}
}

func TestCreateKeepsExistingRun(t *testing.T) {
	dir := recorded(t, someBlocks(rand.New(rand.NewPCG(1, 1)), 2))
	if _, err := record.Create(dir, record.Head{}); err == nil {
		t.Error("Create in the directory of a run = nil, want an error")
	}
	if got := len(readRun(t, dir).Blocks); got != 2 {
		t.Errorf("%d blocks are left, want 2", got)
	}
	file := filepath.Join(dir, "blocks.jsonl", "below")
	_, err := record.Create(file, record.Head{})
	if err == nil || !strings.Contains(err.Error(), "creating the results directory") {
		t.Errorf("Create below a file = %v, want an error", err)
	}
}

// All complete lines of the blocks file are read, wherever it is truncated.
func TestReadTruncated(t *testing.T) {
	dir := recorded(t, someBlocks(rand.New(rand.NewPCG(9, 9)), 4))
	name := filepath.Join(dir, "blocks.jsonl")
	text := readFile(t, name)
	lines := 6 // the head, four blocks, the tail
	if got := bytes.Count(text, []byte("\n")); got != lines {
		t.Fatalf("%d lines, want %d:\n%s", got, lines, text)
	}
	for n := len(text); n >= 0; n-- {
		writeFile(t, name, text[:n])
		whole := bytes.Count(text[:n], []byte("\n"))
		result, err := record.Read(dir)
		if whole == 0 {
			if err == nil || !strings.Contains(err.Error(), name+": contains no run") {
				t.Errorf("Read of %d bytes = %v, want \"contains no run\"", n, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("Read of %d of %d bytes = %v", n, len(text), err)
		}
		if got, want := len(result.Blocks), min(whole-1, 4); got != want || result.Tail.Complete != (whole == lines) {
			t.Errorf("Read of %d bytes: %d blocks, complete %t, want %d", n, got, result.Tail.Complete, want)
		}
	}
}

// Wherever the observations file is truncated, earlier blocks are read, and the truncated block returns an error.
func TestObservationsTruncated(t *testing.T) {
	blocks := someBlocks(rand.New(rand.NewPCG(11, 12)), 4)
	dir := recorded(t, blocks)
	name := filepath.Join(dir, "observations.bin")
	data, result := readFile(t, name), readRun(t, dir)
	for n := len(data); n >= 0; n-- {
		writeFile(t, name, data[:n])
		for i, b := range result.Blocks {
			got, err := observations(result, b)
			whole := int64(n) >= b.Observations.Offset+b.Observations.Bytes
			if (err == nil) != whole || len(got) > len(blocks[i]) || !slices.Equal(got, blocks[i][:len(got)]) {
				t.Fatalf("block %d of %d bytes: %v and %d of %d observations", i, n, err, len(got), len(blocks[i]))
			}
			if err != nil && !strings.Contains(err.Error(), name+": block at byte ") {
				t.Fatalf("block %d of %d bytes: %v, want the file name and the offset", i, n, err)
			}
		}
	}
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if _, err := observations(result, result.Blocks[0]); err == nil {
		t.Error("observations without their file = nil, want an error")
	}
}

func TestReadErrors(t *testing.T) {
	const head = `{"head":{"schema":2,"plan":{"cells":[{"workload":"a"},{"workload":"b"}]}}}` + "\n"
	const block = `{"block":{"cell":1,"length_ns":9,"requests":5,"observations":{"bytes":25}}}` + "\n"
	damaged := func(old, new string) string {
		if !strings.Contains(block, old) {
			t.Fatalf("block has no %s", old)
		}
		return head + strings.Replace(block, old, new, 1)
	}
	for name, test := range map[string]struct{ text, want string }{ // want follows the name of the file
		"the file is empty": {"", ": contains no run"},
		"half a head":       {head[:20], ": contains no run"},
		"an unknown schema": {strings.Replace(head, `:2`, `:3`, 1),
			":1: unknown schema 3; this forktax reads schema 1 and 2"},
		"no schema":                 {`{"head":{}}` + "\n", ":1: unknown schema 0; this forktax reads schema 1 and 2"},
		"a line is not JSON":        {head + block + "garbage\n" + block, ":3: invalid character"},
		"a line is empty":           {head + "\n" + block, ":2: unexpected end"},
		"half a line in the middle": {head + block[:9] + block, ":2: unexpected end"},
		"a line of an unknown kind": {head + `{"foot":{}}` + "\n", ":2: unknown kind of line"},
		"a line is null":            {head + "null\n", ":2: unknown kind of line"},
		"a field of a wrong type": {head + `{"block":{"cell":"1"}}` + "\n",
			`:2: the key "block.cell" is a string, not a whole number`},
		"a block of an unknown cell": {head + block + strings.Replace(block, "1", "2", 1),
			":3: block of cell 2; the plan has 2 cells"},
		"a block is of cell -1":  {head + `{"block":{"cell":-1}}` + "\n", ":2: block of cell -1"},
		"a block is of start -1": {head + `{"block":{"start":-1}}` + "\n", ":2: block of start -1 and round 0"},
		"a block is of start 1e18": {damaged(`"cell":1`, `"start":1000000000000000000`),
			":2: block of start 1000000000000000000"},
		"a block has no length": {damaged(`"length_ns":9`, `"length_ns":0`),
			":2: length_ns is 0; must be from 1"},
		"a block begins before the run": {damaged(`"cell":1`, `"start_ns":-1`), ":2: start_ns is -1"},
		"requests are 1e18": {damaged(`:5`, `:1000000000000000000`),
			":2: block has 1000000000000000000 requests; its 25 bytes of observations can hold 5"},
		"requests are -1":    {damaged(`:5`, `:-1`), ":2: block has -1 requests"},
		"requests are 1e400": {damaged(`:5`, `:1e400`), `:2: the key "block.requests" is 1e400, not a whole number`},
		"bytes are -1":       {damaged(`:25`, `:-1`), ":2: observations of -1 bytes"},
		"blocks overlap": {head + block + block,
			":3: observations of 25 bytes at byte 0; the preceding ones end at byte 25"},
		"failures that are null": {damaged(`"requests":5`, `"requests":5,"failures":{"closed":null}`),
			":2: the failures of class \"closed\" are missing"},
		"more failed requests than requests": {damaged(`"requests":5`, `"requests":5,"errors":{"reset":3,"closed":3}`),
			":2: invalid error counts: of 5 requests, 3 failed with"},
		"a negative number of failed requests": {damaged(`"requests":5`, `"requests":5,"errors":{"reset":-1}`),
			":2: invalid error counts: of 5 requests, -1 failed with"},
		"steal is too large": {damaged(`"cell":1`, `"machine":{"steal_s":1e300}`), ":2: steal_s is 1e+300"},
		"a wait is negative": {damaged(`"cell":1`, `"generator_wait":{"run_queue_ns":-1}`),
			":2: generator_wait run_queue_ns is -1"},
		"throttling is too large": {damaged(`"cell":1`,
			`"target_wait":{"throttling":{"throttled_ns":9000000000000000000}}`),
			":2: target_wait throttled_ns is 9e+18"},
		"a stride is -1": {strings.Replace(head, `"plan":{`, `"plan":{"strides":[-1,1],`, 1),
			":1: a stride is -1"},
		"the percentile is 7": {strings.Replace(head, `"plan":{`,
			`"plan":{"objective":{"percentile":7,"limit_ns":5},`, 1),
			":1: the percentile of the objective is 7"},
		"a rate is 0": {strings.Replace(head, `"a"`, `"a","load":{"kind":"open"}`, 1),
			":1: cell 0: rate_rps is 0"},
		"the tail has -1 ns": {head + `{"tail":{"length_ns":-1}}` + "\n", ":2: length_ns is -1"},
		"a line has too many values": {head + `{"block":[` + strings.Repeat("0,", 1<<20) + "0]}\n",
			":2: JSON has more than 1048576 values"},
		"no head":   {block + block, ":1: the head of a run must be its first line, and only that"},
		"two heads": {head + block + head, ":3: the head of a run must be its first line, and only that"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "blocks.jsonl")
			writeFile(t, file, []byte(test.text))
			if _, err := record.Read(dir); err == nil || !strings.HasPrefix(err.Error(), file+test.want) {
				t.Errorf("Read = %v, want %s", err, file+test.want)
			}
		})
	}
	_, err := record.Read(filepath.Join(t.TempDir(), "none"))
	if err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("Read of a missing directory = %v, want an error that names it", err)
	}
}

// CPU waits are recorded if they are known, and survive a round trip.
func TestCPUWait(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	rec, err := record.Create(dir, record.Head{Schema: record.Schema, ID: "test", Plan: onePlan()})
	if err != nil {
		t.Fatal(err)
	}
	blocks := []record.Block{{LengthNS: 1}, {LengthNS: 1, Round: 1,
		GeneratorWait: record.CPUWait{RunQueueNS: new(int64(0)), Throttling: &record.Throttling{Periods: 3, Throttled: 2,
			ThrottledNS: 5e7, QuotaNS: 5e7, PeriodNS: 1e8}},
		TargetWait: record.CPUWait{Throttling: &record.Throttling{}}}}
	for _, b := range blocks {
		rec.Begin()
		if err := rec.End(b); err != nil {
			t.Fatal(err)
		}
	}
	if err := rec.Finish(record.Tail{Complete: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(blocks, readRun(t, dir).Blocks); diff != "" {
		t.Errorf("blocks (-written +read):\n%s", diff)
	}
	text, err := os.ReadFile(filepath.Join(dir, "blocks.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	const want = `"generator_wait":{"run_queue_ns":0,"throttling":{"nr_periods":3,"nr_throttled":2,` +
		`"throttled_ns":50000000,"quota_ns":50000000,"period_ns":100000000}},` +
		`"target_wait":{"throttling":{"nr_periods":0,"nr_throttled":0,"throttled_ns":0}}`
	if strings.Contains(lines[1], "wait") || !strings.Contains(lines[2], want) {
		t.Errorf("blocks are written as\n%s\n%s\nwant no wait in the first, and in the second\n%s", lines[1], lines[2],
			want)
	}
}

// The tail file is used only if the blocks file has no tail. It must contain a tail or be blank.
func TestReadTailFile(t *testing.T) {
	const head = `{"head":{"schema":1}}` + "\n"
	const tail = `{"tail":{"complete":true,"length_ns":9}}`
	for name, test := range map[string]struct {
		blocks, text string
		want         record.Tail
		wrong        string
	}{
		"blanks":            {head, "   \n", record.Tail{}, ""},
		"a tail":            {head, tail + "   \n", record.Tail{Complete: true, LengthNS: 9}, ""},
		"one in the blocks": {head + `{"tail":{"length_ns":3}}` + "\n", tail, record.Tail{LengthNS: 3}, ""},
		"half a tail":       {head, tail[:10], record.Tail{}, "unexpected end of JSON input"},
		"something else":    {head, head, record.Tail{}, "not a tail"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "tail.json")
			writeFile(t, filepath.Join(dir, "blocks.jsonl"), []byte(test.blocks))
			writeFile(t, file, []byte(test.text))
			got, err := record.Read(dir)
			switch {
			case test.wrong != "":
				if err == nil || err.Error() != file+": "+test.wrong {
					t.Errorf("Read = %v, want %s: %s", err, file, test.wrong)
				}
			case err != nil || got.Tail != test.want:
				t.Errorf("Read = %+v, %v, want the tail %+v", got, err, test.want)
			}
		})
	}
}

// SetCondition sets the condition of a result without a tail, and changes nothing if there is a tail.
func TestSetCondition(t *testing.T) {
	blocks := []record.Block{{BeganNS: 10, LengthNS: 4}}
	for name, test := range map[string]struct {
		result record.Result
		why    error
		want   record.Tail
	}{
		"no reason": {record.Result{Blocks: blocks}, nil, record.Tail{}},
		"a reason":  {record.Result{Blocks: blocks}, errors.New("full"), record.Tail{LengthNS: 14, Condition: "full"}},
		"no blocks": {record.Result{}, errors.New("full"), record.Tail{Condition: "full"}},
		"a tail":    {record.Result{Tail: record.Tail{Complete: true}}, errors.New("full"), record.Tail{Complete: true}},
	} {
		test.result.SetCondition(test.why)
		if test.result.Tail != test.want {
			t.Errorf("%s: tail after SetCondition = %+v, want %+v", name, test.result.Tail, test.want)
		}
	}
}

// A span outside of its file, or inside an observation, is an error and does not panic.
func TestObservationsInvalidSpan(t *testing.T) {
	dir := recorded(t, [][]record.Observation{{{Intended: 1e9, Sent: 2e9, FirstByte: 3e9, Done: 4e9, Status: 200}}})
	result := readRun(t, dir)
	for _, s := range []record.Span{{Offset: 1 << 40, Bytes: 10}, {Offset: -1, Bytes: 10}, {Bytes: 3}, {Bytes: 1 << 40}} {
		if got, err := observations(result, record.Block{Observations: s}); err == nil {
			t.Errorf("observations of %+v = %+v, want an error", s, got)
		}
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	name, other := filepath.Join(dir, "report.md"), filepath.Join(dir, "report.md.old")
	writeFile(t, other, []byte("other"))
	for _, text := range []string{"one, and long", "two", ""} {
		if err := record.WriteFile(name, []byte(text)); err != nil {
			t.Fatalf("WriteFile(%q) = %v", text, err)
		}
		if got := string(readFile(t, name)); got != text {
			t.Errorf("after WriteFile(%q) the file contains %q", text, got)
		}
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("the file's mode is %v, %v, want 0644", info.Mode(), err)
	}
	if err := record.WriteFile(filepath.Join(dir, "none", "x"), nil); err == nil {
		t.Error("WriteFile into a missing directory = nil, want an error")
	}
	if err := os.Mkdir(filepath.Join(dir, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := record.WriteFile(filepath.Join(dir, "dir"), []byte("x")); err == nil {
		t.Error("WriteFile onto a directory = nil, want an error")
	}
	wantFiles(t, dir, "dir", "report.md", "report.md.old")
	if got := string(readFile(t, other)); got != "other" {
		t.Errorf("another file in the directory now contains %q", got)
	}
}

// wantFiles checks the names in a directory, including hidden files.
func wantFiles(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the directory has %q, want %q", got, want)
	}
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func writeFile(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Read does not block on a FIFO instead of any file of a run, but returns an error.
func TestReadNeedsRegularFiles(t *testing.T) {
	blocks := []record.Observation{{Sent: 1, FirstByte: 2, Done: 3, Status: 200}}
	for _, name := range []string{"blocks.jsonl", "observations.bin", "tail.json"} {
		dir := recorded(t, [][]record.Observation{blocks})
		file := filepath.Join(dir, name)
		if name == "tail.json" { // read only if the blocks file has no tail
			text := readFile(t, filepath.Join(dir, "blocks.jsonl"))
			writeFile(t, filepath.Join(dir, "blocks.jsonl"), text[:bytes.LastIndex(text, []byte(`{"tail"`))])
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Mkfifo(file, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := record.Read(dir)
		if err == nil {
			_, err = observations(r, r.Blocks[0])
		}
		if err == nil || !strings.Contains(err.Error(), file+": it is a FIFO, not a regular file") {
			t.Errorf("reading a run whose %s is a FIFO = %v", name, err)
		}
	}
}

func TestReadEndlessLine(t *testing.T) {
	dir := recorded(t, nil)
	file := filepath.Join(dir, "blocks.jsonl")
	if err := os.Truncate(file, 1<<40); err != nil { // a sparse file of zeros
		t.Fatal(err)
	}
	want := file + ":3: line is longer than 67108864 bytes"
	if _, err := record.Read(dir); err == nil || err.Error() != want {
		t.Errorf("Read = %v, want %s", err, want)
	}
}

// A block whose number of requests differs from its number of observations is an error.
func TestObservationsWrongCount(t *testing.T) {
	dir := recorded(t, [][]record.Observation{{{Status: 200}, {Err: record.ErrReset}}})
	result := readRun(t, dir)
	b := result.Blocks[0]
	b.Requests--
	if _, err := observations(result, b); err == nil ||
		!strings.HasSuffix(err.Error(), "observations.bin: block at byte 0: it has 2 observations instead of 1") {
		t.Errorf("observations of a block with a wrong number of requests = %v, want an error", err)
	}
}
