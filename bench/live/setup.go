package live

import (
	"context"
	"fmt"
	"slices"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Setup is what a page may choose. All of it is known or bounded.
type Setup struct {
	Workload  string    `json:"workload"` // one of the Backend's
	Models    [2]string `json:"models"`   // of the left side and of the right
	Clients   int       `json:"clients"`  // in a closed loop, if RateRPS is 0
	RateRPS   float64   `json:"rate_rps"`
	WorkMS    int       `json:"work_ms"`    // that the workload startup is busy before it is open
	ConnectMS int       `json:"connect_ms"` // that it then waits for a connection
	Database  string    `json:"database"`
}

// Limits on what a page may ask for.
const (
	mostClients = 32
	mostRate    = 2000
	mostMS      = 200
)

// Startup is the workload that the sliders are for.
const Startup = "startup"

// A Choice is a workload with what it can be asked to be.
type Choice struct {
	Name      string   `json:"name"`
	About     string   `json:"about"`
	Models    []string `json:"models"`
	Databases []string `json:"databases,omitempty"`
}

// A Backend has the workloads of a demonstration, and starts them.
type Backend interface {
	Choices() []Choice
	// Launch starts the workload by the model of that side. Stop ends it, with every process it started.
	Launch(ctx context.Context, s Setup, side int) (t *subject.Target, r contract.Request, stop func() error, err error)
}

// validate returns what is wrong with a setup.
func (s Setup) validate(choices []Choice) error {
	i := slices.IndexFunc(choices, func(c Choice) bool { return c.Name == s.Workload })
	if i < 0 {
		return fmt.Errorf("the workload %.40q is unknown", s.Workload)
	}
	c := choices[i]
	for _, model := range s.Models {
		if !slices.Contains(c.Models, model) {
			return fmt.Errorf("%s has no model %.40q", c.Name, model)
		}
	}
	switch {
	case s.RateRPS == 0 && (s.Clients < 1 || s.Clients > mostClients):
		return fmt.Errorf("%d clients: 1 to %d are possible", s.Clients, mostClients)
	case !(s.RateRPS >= 0 && s.RateRPS <= mostRate):
		return fmt.Errorf("%g requests a second: up to %d are possible", s.RateRPS, mostRate)
	case s.WorkMS < 0 || s.WorkMS > mostMS || s.ConnectMS < 0 || s.ConnectMS > mostMS:
		return fmt.Errorf("%d and %d ms: 0 to %d are possible", s.WorkMS, s.ConnectMS, mostMS)
	case (s.WorkMS > 0 || s.ConnectMS > 0) && s.Workload != Startup:
		return fmt.Errorf("work and connection can be set of the workload %s alone", Startup)
	case s.Database != "" && !slices.Contains(c.Databases, s.Database):
		return fmt.Errorf("%s has no database %.40q", c.Name, s.Database)
	}
	return nil
}

// load is what both sides are under.
func (s Setup) load() plan.Load {
	if s.RateRPS > 0 {
		return plan.Load{Kind: plan.Open, Concurrency: 4 * mostClients, RateRPS: s.RateRPS}
	}
	return plan.Load{Kind: plan.Closed, Concurrency: s.Clients}
}
