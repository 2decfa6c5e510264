package analysis_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/workload/contract"
)

// tallyCells returns both models with one client and with eight, the floor, and a cross-check.
func tallyCells() []plan.Cell {
	all := append(analysistest.Twins(), analysistest.Cell("persistent", 8), analysistest.Cell("cgi", 8),
		analysistest.Cell("cgi", 1), analysistest.Cell("cgi", 1))
	all[4].Workload, all[4].Request = "floor", "floor"
	all[5].Engine = "referee"
	return all
}

func recordTally(t *testing.T, rounds int) *record.Result {
	t.Helper()
	r := (&analysistest.Fake{Cells: tallyCells(), Block: analysistest.TenResponses}).Record(t, rounds)
	r.Plan.Floor, r.Plan.CrossCheck = "floor", "referee"
	return r
}

// Missing counts the pairs that an interval needs, and the valid blocks that outweigh invalid ones.
func TestMissing(t *testing.T) {
	invalid := func(rounds ...int) func(*record.Result) { // in these rounds, a block with eight clients
		return func(r *record.Result) {
			for i, b := range r.Blocks {
				if b.Cell == 3 && slices.Contains(rounds, b.Round) {
					r.Blocks[i].Collections = 1
				}
			}
		}
	}
	without := func(removed func(record.Block) bool) func(*record.Result) {
		return func(r *record.Result) { r.Blocks = slices.DeleteFunc(r.Blocks, removed) }
	}
	for name, test := range map[string]struct {
		rounds int
		change func(*record.Result)
		want   []int // of both models with one client and with eight, of the floor, and of the cross-check
	}{
		"nothing":      {6, nil, []int{0, 0, 0, 0, 0, 0}},
		"no block yet": {1, without(func(record.Block) bool { return true }), []int{6, 6, 6, 6, 6, 0}},
		"a round":      {5, nil, []int{1, 1, 1, 1, 1, 0}},
		"a pair":       {6, invalid(2), []int{0, 0, 1, 1, 0, 0}},
		"a pair, not measured": {6, without(func(b record.Block) bool { return b.Cell == 2 && b.Round == 2 }),
			[]int{0, 0, 1, 1, 0, 0}},
		"pairs with the floor": {8, without(func(b record.Block) bool { return b.Cell == 4 && b.Round > 2 }),
			[]int{0, 3, 0, 0, 3, 0}},
		// 2 of 6 are more than 20%, 2 of 10 are not.
		"pairs, and valid blocks": {6, invalid(2, 3), []int{0, 0, 4, 4, 0, 0}},
		// 4 of 12 are more than 20%, 4 of 20 are not.
		"valid blocks": {12, invalid(1, 2, 3, 4), []int{0, 0, 8, 8, 0, 0}},
		// 3 of 6 are more than 40%.
		"more, but half is invalid":   {6, invalid(1, 2, 3), []int{0, 0, 0, 0, 0, 0}},
		"more, but no block is valid": {3, invalid(0, 1, 2), []int{3, 3, 0, 0, 3, 0}},
		"the cross-check": {6, without(func(b record.Block) bool { return b.Cell == 5 }),
			[]int{0, 0, 0, 0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			r := recordTally(t, test.rounds)
			if test.change != nil {
				test.change(r)
			}
			got, err := analysis.Missing(r)
			if diff := cmp.Diff(test.want, got); diff != "" || err != nil {
				t.Errorf("Missing = %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// A run is inconclusive if and only if blocks are missing, unless a cell is hopeless.
func TestMissingAgreesWithTheAnalysis(t *testing.T) {
	r := recordTally(t, 14)
	clean := slices.Clone(r.Blocks)
	enough, lacking := 0, 0
	for seed := range uint64(60) {
		draw := rand.New(rand.NewPCG(seed, 1))
		noise, rounds := draw.Float64()/8, 5+draw.IntN(10)
		r.Blocks = r.Blocks[:0]
		for _, b := range clean {
			if b.Collections = 0; draw.Float64() < noise {
				b.Collections = 1
			}
			if b.Round < rounds {
				r.Blocks = append(r.Blocks, b)
			}
		}
		missing, err := analysis.Missing(r)
		if err != nil {
			t.Fatalf("Missing = %v", err)
		}
		a := analysistest.Analyze(t, r)
		lacks := slices.Max(missing) > 0
		if lacks {
			lacking++
		} else {
			enough++
		}
		floor := slices.ContainsFunc(a.Comparisons, func(c analysis.Comparison) bool {
			return c.Baseline == "floor" && c.RatioLow == nil
		})
		hopeless := slices.ContainsFunc(a.Cells, func(c analysis.Cell) bool { return c.InvalidBlocks*5 > c.Blocks*2 })
		if found := inconclusive(a); (len(found) > 0 || floor) != lacks && !hopeless {
			t.Errorf("seed %d, %d rounds: missing %v, but the warnings are %+v", seed, rounds, missing, found)
		}
	}
	if enough < 10 || lacking < 10 {
		t.Errorf("%d runs had enough blocks and %d did not; the test needs at least 10 of each", enough, lacking)
	}
}

// A Tally that reads the run after each round returns the same as a Tally that reads it at once.
func TestTallyReadsOn(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	plan := plan.Plan{Cells: m.Cells, Starts: 3, BudgetNS: 1, Baseline: plan.Baseline, Seed: 7,
		Workloads: []contract.Description{{Name: "hello",
			Requests: []contract.Request{{Name: "hello", Method: "GET", Path: "/"}}}}}
	record, err := record.Create(t.TempDir(), record.Head{Schema: record.Schema, ID: "made", Plan: plan})
	if err != nil {
		t.Fatal(err)
	}
	tally := analysis.NewTally(record.Dir)
	var asked []int
	runner := run.Runner{Plan: plan, Launcher: &m, Engines: map[string]load.Engine{"fake": &m}, Record: record,
		Progress: func(p run.Progress) { m.Now = p },
		Missing: func() ([]int, error) {
			got, err := tally.Missing()
			if err != nil {
				return nil, err
			}
			want, err := analysis.NewTally(record.Dir).Missing()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("Missing (-read at once +read on):\n%s", diff)
			}
			asked = append(asked, got[0])
			return got, err
		}}
	if err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked = slices.Compact(asked); !slices.Equal(asked, []int{6, 5, 4, 3}) { // before the run, and in three starts
		t.Errorf("missing pairs = %v, want 6, 5, 4, 3", asked)
	}
}
