package analysis_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// withDatabase returns a run with ten requests in each block. The servers use 100 ns per block. The database server
// uses 30 ns per block for persistent, and 500, 1000, 1500 … ns for cgi.
func withDatabase(t *testing.T) *record.Result {
	t.Helper()
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Environment.Database = &record.Database{Kind: "postgres", URL: "postgres://me@host/db", Private: true,
		Version: "15.1", Settings: map[string]string{"fsync": "on", "autovacuum": "off"}}
	cgi := int64(0)
	for i := range r.Blocks {
		b := &r.Blocks[i]
		b.Usage, b.DatabaseNS = &contract.Usage{SelfCPUNS: 100}, new(int64(30))
		if r.Plan.Cells[b.Cell].Model == "cgi" {
			cgi += 500
			*b.DatabaseNS = cgi
		}
	}
	return r
}

func TestDatabaseCPU(t *testing.T) {
	a := analysistest.Analyze(t, withDatabase(t))
	for i, want := range []struct{ all, database int64 }{{13, 3}, {185, 175}} { // (100 + 3.5·500)/10
		c := a.Cells[i]
		if *c.CPUPerRequest != want.all || *c.DatabaseCPU != want.database {
			t.Errorf("%s: CPU time per request is %d ns, database CPU %d ns, want %d, %d", c.Model, *c.CPUPerRequest,
				*c.DatabaseCPU, want.all, want.database)
		}
	}
	for _, c := range a.Comparisons {
		// The differences are 60 − 13 … 310 − 13, symmetric.
		if c.Metric == analysis.MetricCPU && (c.Difference < 150 || c.Difference > 190) {
			t.Errorf("cgi adds %v ns of CPU time per request, want 172", c.Difference)
		}
	}
	for format, wants := range map[string][]string{
		"text": {"database CPU", " 175 ns", "postgres 15.1"},
		"markdown": {"database CPU",
			"- postgres 15.1, started for the run, postgres://me@host/db: autovacuum off, fsync on\n"},
		"json": {`"database_cpu_ns_per_request": 175`, `"url": "postgres://me@host/db"`},
	} {
		for _, want := range wants {
			if got := analysistest.Print(t, format, a); !bytes.Contains(got, []byte(want)) {
				t.Errorf("%s does not contain %q:\n%s", format, want, got)
			}
		}
	}
}

// If the CPU time of the database server is unknown, the CPU time per request is that of the target, there is no column
// for the database, and a warning.
func TestDatabaseCPUIsNotKnown(t *testing.T) {
	r := withDatabase(t)
	for i := range r.Blocks {
		r.Blocks[i].DatabaseNS = nil
	}
	a := analysistest.Analyze(t, r)
	if c := a.Cells[1]; *c.CPUPerRequest != 10 || c.DatabaseCPU != nil {
		t.Errorf("cgi: CPU time per request is %d ns, database CPU %v, want 10, nil", *c.CPUPerRequest, c.DatabaseCPU)
	}
	got := analysistest.Print(t, "text", a)
	if bytes.Contains(got, []byte("database CPU")) {
		t.Errorf("the text has a column for the unknown CPU time:\n%s", got)
	}
	if !bytes.Contains(got, []byte("database: CPU time per request does not include the database server")) {
		t.Errorf("the text does not contain the warning:\n%s", got)
	}
}

// If the kernel reports CPU time in coarse units, a warning has the bound of the error of a block.
func TestCoarseCPU(t *testing.T) {
	tests := map[string]struct {
		target, database time.Duration // resolutions
		want             string
	}{
		"control groups":    {time.Microsecond, time.Microsecond, ""},
		"ticks":             {20 * time.Millisecond, 0, "±20.0 ms for hello, persistent, 1 client, fake and 1 more"},
		"ticks of database": {0, 40 * time.Millisecond, "±40.0 ms for hello, persistent"},
		"ticks of both":     {20 * time.Millisecond, 40 * time.Millisecond, "±60.0 ms for hello, persistent"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := withDatabase(t)
			r.Environment.Database.CPUResolutionNS = int64(test.database)
			for i := range r.Blocks {
				r.Blocks[i].Usage.CPUResolutionNS = int64(test.target)
			}
			a := analysistest.Analyze(t, r)
			i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "coarse-cpu" })
			if (i >= 0) != (test.want != "") || i >= 0 && !strings.Contains(a.Warnings[i].Text, test.want) {
				t.Errorf("warnings %+v, want one of coarse-cpu with %q", a.Warnings, test.want)
			}
			if got := a.Cells[0].CPUResolution; got != int64(test.target) {
				t.Errorf("the resolution of a cell is %d ns, want %v", got, test.target)
			}
		})
	}
}

// The warning of failed requests includes what the target logged then, each kind of line once.
func TestLogLines(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		return append(analysistest.TenResponses(c, round), analysistest.Failed(record.ErrWrongStatus))
	}}
	r := m.Record(t, 6)
	for i := range r.Blocks {
		b := &r.Blocks[i]
		if r.Plan.Cells[b.Cell].Model == "cgi" {
			b.LogLines = []string{"sorry, too many clients already (SQLSTATE 53300)", "no tea"}
		}
	}
	a := analysistest.Analyze(t, r)
	for _, want := range []string{
		"6 of 66 requests of hello, persistent, 1 client, fake failed: 6 wrong status; 0 6 times, from request 11 on",
		"6 of 66 requests of hello, cgi, 1 client, fake failed: 6 wrong status; 0 6 times, from request 11 on; " +
			"logged: sorry, too many clients already (SQLSTATE 53300); no tea",
	} {
		is := func(w analysis.Warning) bool { return w.Code == analysis.Failed && w.Text == want }
		if !slices.ContainsFunc(a.Warnings, is) {
			t.Errorf("there is no warning %q in %+v", want, a.Warnings)
		}
	}
}
