package live

import (
	"context"
	"fmt"
	"slices"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Setup holds the settings that a page may choose. They are restricted to known names and to bounds.
type Setup struct {
	Workload  string    `json:"workload"` // name of a Choice of the Backend
	Models    [2]string `json:"models"`   // models of the left and the right side
	Clients   int       `json:"clients"`  // number of clients of a closed loop, if RateRPS is 0
	RateRPS   float64   `json:"rate_rps"`
	WorkMS    int       `json:"work_ms"`    // time that the workload startup is busy before it accepts requests
	ConnectMS int       `json:"connect_ms"` // time that it then waits for a connection
	Database  string    `json:"database"`
}

// Limits of a Setup.
const (
	mostClients = 32
	mostRate    = 2000
	mostMS      = 200
)

// Startup is the workload that the sliders apply to.
const Startup = "startup"

// A Choice is a workload with its models and databases.
type Choice struct {
	Name      string   `json:"name"`
	About     string   `json:"about"`
	Models    []string `json:"models"`
	Databases []string `json:"databases,omitempty"`
}

// A Backend provides the workloads of a demonstration, and starts them.
type Backend interface {
	Choices() []Choice
	// Launch starts the workload with the model of the given side. Stop stops it, with all processes that it started.
	Launch(ctx context.Context, s Setup, side int) (t *subject.Target, r contract.Request, stop func() error, err error)
}

// validate returns an error for the first invalid setting.
func (s Setup) validate(choices []Choice) error {
	i := slices.IndexFunc(choices, func(c Choice) bool { return c.Name == s.Workload })
	if i < 0 {
		return fmt.Errorf("unknown workload %.40q", s.Workload)
	}
	c := choices[i]
	for _, model := range s.Models {
		if !slices.Contains(c.Models, model) {
			return fmt.Errorf("%s has no model %.40q", c.Name, model)
		}
	}
	switch {
	case s.RateRPS == 0 && (s.Clients < 1 || s.Clients > mostClients):
		return fmt.Errorf("%d clients: must be from 1 to %d", s.Clients, mostClients)
	case !(s.RateRPS >= 0 && s.RateRPS <= mostRate):
		return fmt.Errorf("%g req/s: must be from 0 to %d", s.RateRPS, mostRate)
	case s.WorkMS < 0 || s.WorkMS > mostMS || s.ConnectMS < 0 || s.ConnectMS > mostMS:
		return fmt.Errorf("%d ms of work and %d ms to connect: both must be from 0 to %d", s.WorkMS, s.ConnectMS, mostMS)
	case (s.WorkMS > 0 || s.ConnectMS > 0) && s.Workload != Startup:
		return fmt.Errorf("work and connect times can be set only for the workload %s", Startup)
	case s.Database != "" && !slices.Contains(c.Databases, s.Database):
		return fmt.Errorf("%s has no database %.40q", c.Name, s.Database)
	}
	return nil
}

// load returns the load on each side.
func (s Setup) load() plan.Load {
	if s.RateRPS > 0 {
		return plan.Load{Kind: plan.Open, Concurrency: 4 * mostClients, RateRPS: s.RateRPS}
	}
	return plan.Load{Kind: plan.Closed, Concurrency: s.Clients}
}
