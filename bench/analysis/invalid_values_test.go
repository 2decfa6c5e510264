package analysis_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// partlyInvalid returns the analysis of four rounds. The first rounds, as many as invalid, dropped connections; their
// requests take 100 times as long and cost 100 times as much.
func partlyInvalid(t *testing.T, invalid int) *analysis.Analysis {
	t.Helper()
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(_ plan.Cell, round int) []record.Observation {
		took := 100 * time.Microsecond
		if round < invalid {
			took = 10 * time.Millisecond
		}
		return slices.Repeat([]record.Observation{analysistest.Response(took)}, 10)
	}}
	r := m.Record(t, 4)
	for i := range r.Blocks {
		b := &r.Blocks[i]
		cost := int64(10)
		if b.Round < invalid {
			cost, b.Machine.SYNRetransmits = 1000, 3
		}
		b.GeneratorNS = 10 * cost
		b.Usage = &contract.Usage{SelfCPUNS: 20 * cost, ChildrenCPUNS: 10 * cost, MinorFaults: 10 * cost,
			ProcessesStarted: 10 * cost, ConnectionsOpened: 10 * cost, PeakMemoryBytes: cost}
		b.DatabaseNS = new(10 * cost)
	}
	return analysistest.Analyze(t, r)
}

// Values from blocks with invalid times are in no result, whether the cell has valid blocks or not.
func TestInvalidBlocksAreInNoValue(t *testing.T) {
	values := func(a *analysis.Analysis) (all []analysis.Cell) {
		for _, c := range a.Cells {
			c.Blocks, c.Requests, c.InvalidBlocks, c.Invalid, c.Histogram, c.Samples = 0, 0, 0, nil, nil, nil
			c.Distribution, c.Service = analysis.Distribution{}, analysis.Percentiles{}
			c.Response = analysis.Percentiles{P50: c.Response.P50}
			all = append(all, c)
		}
		return all
	}
	if diff := cmp.Diff(values(partlyInvalid(t, 0)), values(partlyInvalid(t, 2))); diff != "" {
		t.Errorf("values without and with 2 invalid blocks of 4 (-without +with):\n%s", diff)
	}
	a := partlyInvalid(t, 4)
	var want []analysis.Cell
	for _, c := range analysistest.Twins() {
		want = append(want, analysis.Cell{Cell: c, Phases: []analysis.Phase{}})
	}
	if diff := cmp.Diff(want, values(a)); diff != "" {
		t.Errorf("values of cells with invalid blocks only (-want +got):\n%s", diff)
	}
	if len(a.Decisions) > 0 || len(a.Comparisons) > 0 {
		t.Errorf("%d decisions and %d comparisons of invalid blocks", len(a.Decisions), len(a.Comparisons))
	}
}
