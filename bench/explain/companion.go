package explain

import (
	"context"
	"time"
)

// A companion is another program that the subject needs, started by itself to know what that takes. It is started in
// turn with the subject, so that slow changes of the machine meet both alike.
type companion struct {
	command Command
	took    []time.Duration
	fails   bool
}

// mostCompanions is how many other programs are started by themselves, at the most.
const mostCompanions = 20

// accompany plans what is started besides the subject: its interpreter without a script, and what else it executes.
func (s *profile) accompany() {
	s.loads = map[string]*companion{}
	if s.language != nil && s.language.bare != nil {
		s.bare = &companion{command: s.command.running(append([]string{s.executed}, s.language.bare...))}
		s.companions = append(s.companions, s.bare)
	}
	own := s.own()
	for _, i := range s.images {
		if i == own || s.loads[i.path] != nil || len(s.loads) == mostCompanions {
			continue
		}
		if words := loading(i.path); words != nil {
			s.loads[i.path] = &companion{command: s.command.running(words)}
			s.companions = append(s.companions, s.loads[i.path])
		}
	}
}

// loading is a command line that starts a binary and loads its libraries, and does not run it, which could do anything:
// asked to list what a program needs, a dynamic linker does no more than that. It is nil for a program without one.
func loading(path string) []string {
	file, err := inspect(path)
	if err == nil && len(file.shebang) > 0 {
		path = file.shebang[0]
		file, err = inspect(path)
	}
	if err != nil || file.loader == "" {
		return nil
	}
	return []string{file.loader, "--list", path}
}

// run starts it once.
func (c *companion) run(ctx context.Context) error {
	start, err := c.command.Run(ctx)
	c.fails = c.fails || err != nil || !start.State.Success()
	c.took = append(c.took, start.Ended)
	return context.Cause(ctx)
}

// cost is the median; false if it cannot be started by itself.
func (c *companion) cost() (time.Duration, bool) {
	if c == nil || c.fails {
		return 0, false
	}
	return median(c.took), true
}
