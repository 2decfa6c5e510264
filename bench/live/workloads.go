package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Workloads is the Backend of the built-in workloads.
type Workloads struct {
	finder  *subject.Finder
	log     io.Writer
	command string
	atOnce  <-chan struct{}

	mu        sync.Mutex // guards the fields below
	choices   []Choice
	programs  map[string]subject.Program // by choice, or by choice and database
	databases map[string]subject.Database
	stops     []func() error
}

// playable lists the workloads that a page may choose.
var playable = []string{"hello", "startup", "guestbook", "members"}

// NewWorkloads finds the workloads. Command is the path of forktax, which workload programs run to export their
// metrics. AtOnce is the Kill channel of a Launcher. Messages go to log.
func NewWorkloads(ctx context.Context, command string, atOnce <-chan struct{}, log io.Writer) (*Workloads, error) {
	s := &Workloads{finder: subject.NewFinder(log), log: log, command: command, atOnce: atOnce,
		programs:  map[string]subject.Program{},
		databases: map[string]subject.Database{}}
	found, err := s.finder.Find(ctx, playable)
	if err != nil {
		return nil, err
	}
	for _, p := range found {
		for _, r := range p.Requests {
			c := Choice{Name: subjectOf(p.Name, r.Name), About: p.About}
			for _, model := range p.Models {
				c.Models = append(c.Models, contract.Members(model)...)
			}
			s.programs[c.Name] = p
			if p.Name == "guestbook" {
				c.Databases = []string{servers.Embedded}
				if servers.PostgresInstalled() == nil {
					c.Databases = append(c.Databases, subject.Postgres)
				}
			}
			s.choices = append(s.choices, c)
		}
	}
	return s, nil
}

// subjectOf returns the name of the choice for a request: workload/request, or only the workload if both names are
// the same or the workload is Startup. The only request of a workload often has the name of the workload.
func subjectOf(workload, request string) string {
	if workload == request || workload == Startup {
		return workload
	}
	return workload + "/" + request
}

// Choices implements Backend.
func (s *Workloads) Choices() []Choice { return s.choices }

// Launch implements Backend.
func (s *Workloads) Launch(ctx context.Context, setup Setup, side int) (*subject.Target, contract.Request,
	func() error, error) {
	p, err := s.program(ctx, setup)
	if err != nil {
		return nil, contract.Request{}, nil, err
	}
	databases, err := s.served(ctx, p.Database)
	if err != nil {
		return nil, contract.Request{}, nil, err
	}
	env := map[string]string{}
	if setup.Workload == Startup {
		env[contract.EnvStartupWork] = fmt.Sprint(setup.WorkMS, "ms")
		env[contract.EnvStartupConnect] = fmt.Sprint(setup.ConnectMS, "ms")
	}
	l := subject.Launcher{Exporter: s.command, Kill: s.atOnce, Databases: databases}
	t, stop, err := l.Serve(ctx, p, subject.Variant{Model: setup.Models[side], Env: env})
	if err != nil {
		return nil, contract.Request{}, nil, err
	}
	i := slices.IndexFunc(p.Requests, func(r contract.Request) bool { return subjectOf(p.Name, r.Name) == setup.Workload })
	return t, p.Requests[i], stop, nil
}

// program returns the program of the setup's workload, for the setup's database.
func (s *Workloads) program(ctx context.Context, setup Setup) (subject.Program, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if setup.Database != subject.Postgres {
		return s.programs[setup.Workload], nil
	}
	key := setup.Workload + " " + setup.Database
	if p, known := s.programs[key]; known {
		return p, nil
	}
	finder := *s.finder
	finder.Database = subject.Postgres
	found, err := finder.Find(ctx, []string{s.programs[setup.Workload].Name})
	if err != nil {
		return subject.Program{}, err
	}
	s.programs[key] = found[0]
	return found[0], nil
}

// served starts the database server of the given kind, once, and returns all started servers.
func (s *Workloads) served(ctx context.Context, kind string) (map[string]subject.Database, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind != subject.Postgres && kind != subject.LDAP || s.databases[kind] != nil {
		return maps.Clone(s.databases), nil
	}
	o := servers.Options{Database: subject.Postgres, Users: servers.InMemory}
	server, err := o.StartOne(context.WithoutCancel(ctx), kind, &subject.Launcher{Exporter: s.command}, s.log)
	if err != nil {
		return nil, err
	}
	s.databases[kind] = server
	s.stops = append(s.stops, server.Stop)
	return maps.Clone(s.databases), nil
}

// Close stops the database servers.
func (s *Workloads) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, stop := range s.stops {
		errs = append(errs, stop())
	}
	return errors.Join(errs...)
}
