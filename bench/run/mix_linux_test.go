package run_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// mixPlan returns a plan with a mix of two requests, in a closed loop and at a rate.
func mixPlan() plan.Plan {
	p := somePlan()
	p.Workloads[0].Requests = []contract.Request{
		{Name: "read", Method: "GET", Path: "/read", Weight: 2, Want: contract.Want{Body: "/read"}},
		{Name: "sign", Method: "POST", Path: "/sign", Want: contract.Want{Body: "/sign"}},
	}
	p.MinRequests, p.Rounds, p.Starts = 60, 2, 1
	for i := range p.Cells {
		p.Cells[i].Request = plan.Mix
		if p.Cells[i].Load.Concurrency > 1 {
			p.Cells[i].Load = plan.Load{Kind: plan.Open, RateRPS: 3000, Concurrency: 8}
		}
	}
	return p
}

func echoPath(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) }

// A run of a mix sends both models the same requests in a round, and records their indexes.
func TestRunOfAMix(t *testing.T) {
	launcher := &fakeLauncher{handlers: map[string]http.HandlerFunc{"cgi": echoPath, "persistent": echoPath}}
	r := newRunner(t, mixPlan(), launcher, &fakeEngine{run: new(load.Epoll).Run})
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	result := read(t, r.Record.Dir)
	sequences := map[int]map[string]string{} // by round, load and model
	for _, b := range result.Blocks {
		var requests strings.Builder
		n := 0
		for o, err := range result.Observations(b) {
			if err != nil || o.Err != "" || int64(o.Request) > 1 {
				t.Fatalf("observation = %+v, %v", o, err)
			}
			if n++; n <= 60 && result.Plan.Cells[b.Cell].Load.Kind == plan.Closed {
				requests.WriteByte("rs"[o.Request])
			}
		}
		if sequences[b.Round] == nil {
			sequences[b.Round] = map[string]string{}
		}
		if c := result.Plan.Cells[b.Cell]; c.Load.Kind == plan.Closed {
			sequences[b.Round][c.Model] = requests.String()
		}
	}
	for round, of := range sequences {
		if of["cgi"] != of["persistent"] || !strings.Contains(of["cgi"], "r") || !strings.Contains(of["cgi"], "s") {
			t.Errorf("round %d has the requests %v", round, of)
		}
	}
	if sequences[0]["cgi"] == sequences[1]["cgi"] {
		t.Errorf("both rounds have the requests %s", sequences[0]["cgi"])
	}
}

// The failures of a mix have the name of the request.
func TestFailuresOfAMix(t *testing.T) {
	launcher := &fakeLauncher{handlers: map[string]http.HandlerFunc{"cgi": echoPath, "persistent": echoPath}}
	p := mixPlan()
	p.Workloads[0].Requests[1].Want.Status = 0
	r := newRunner(t, p, launcher, &fakeEngine{run: new(load.Epoll).Run})
	launcher.handlers["cgi"] = func(w http.ResponseWriter, q *http.Request) {
		if q.Method == "POST" && launcher.requests.Load() > 4 { // not during verification
			w.WriteHeader(http.StatusForbidden)
		}
		echoPath(w, q)
	}
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := false
	for _, b := range read(t, r.Record.Dir).Blocks {
		for class, f := range b.Failures {
			found = true
			if class != record.ErrWrongStatus || f.Request != "sign" || f.FirstLine != "/sign" ||
				f.Statuses[0].Status != 403 {
				t.Errorf("failures of a block: %s: %+v", class, f)
			}
		}
	}
	if !found {
		t.Error("no block has failures")
	}
}
