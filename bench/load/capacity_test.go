//go:build linux

package load_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

// A rate that no core can send is rejected. For a rate that every machine can send, the capacity is not measured.
func TestCheckRates(t *testing.T) {
	at := func(rates ...float64) plan.Plan {
		p := plan.Plan{Cells: []plan.Cell{{Load: plan.Load{Kind: plan.Closed, Concurrency: 8}}}}
		for _, rate := range rates {
			p.Cells = append(p.Cells, plan.Cell{Load: plan.Load{Kind: plan.Open, RateRPS: rate, Concurrency: 8}})
		}
		return p
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for name, p := range map[string]plan.Plan{"no rate": at(), "low rates": at(10, 20_000)} {
		if err := load.CheckRates(ended, p); err != nil {
			t.Errorf("%s: CheckRates = %v", name, err)
		}
	}
	err := load.CheckRates(t.Context(), at(10, 5_000_000))
	wrong := new(subject.OptionError)
	const want = "--rate 5,000,000/s: the load generator can send about "
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
		t.Errorf("CheckRates = %v, want an error about the rate", err)
	}
	part := at(300_000) // of which this machine sends 18,750
	part.Part = &plan.Part{Number: 1, Of: 16}
	if err := load.CheckRates(ended, part); err != nil {
		t.Errorf("CheckRates of a part = %v", err)
	}
	searched := at(5_000_000)
	searched.Searched = true
	if err := load.CheckRates(t.Context(), searched); err != nil {
		t.Errorf("CheckRates of a search = %v", err)
	}
	if err := load.CheckRates(ended, at(30_000)); !errors.Is(err, context.Canceled) {
		t.Errorf("CheckRates with a cancelled context = %v", err)
	}
}
