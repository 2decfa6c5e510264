package explain

import (
	"context"
	"time"

	"forktax/bench/subject"
)

// A reference is another program that the program needs, started by itself to know what that takes. It is started in
// turn with the program, so that slow changes of the machine meet both alike.
type reference struct {
	command   Command
	durations []time.Duration
	failed    bool
}

// maxReferences is how many other programs are started by themselves, at most.
const maxReferences = 20

// planReferences plans what is started besides the program: its interpreter without a script, and what else it
// executes.
func (s *profile) planReferences() {
	s.loaders = map[string]*reference{}
	if s.language != nil && s.language.bare != nil {
		s.bare = &reference{command: s.command.running(append([]string{s.executed}, s.language.bare...))}
		s.references = append(s.references, s.bare)
	}
	if s.bare != nil && s.shim.Path != "" {
		s.shimmed = &reference{command: s.command.running(append([]string{s.shim.Path}, s.language.bare...))}
		s.references = append(s.references, s.shimmed)
	}
	own := s.mainImage()
	for _, i := range s.images {
		if i == own || s.isShim(i) || s.loaders[i.path] != nil || len(s.loaders) == maxReferences {
			continue
		}
		if words := loadCommand(i.path); words != nil {
			s.loaders[i.path] = &reference{command: s.command.running(words)}
			s.references = append(s.references, s.loaders[i.path])
		}
	}
}

// loadCommand is a command line that starts a binary and loads its libraries, and does not run it, which could do
// anything: asked to list what a program needs, a dynamic linker does no more than that. It is nil for a program
// without one.
func loadCommand(path string) []string {
	file, err := subject.Inspect(path)
	if err == nil && len(file.Shebang) > 0 {
		path = file.Shebang[0]
		file, err = subject.Inspect(path)
	}
	if err != nil || file.Loader == "" {
		return nil
	}
	return []string{file.Loader, "--list", path}
}

// run starts it once.
func (c *reference) run(ctx context.Context) error {
	start, err := c.command.Run(ctx)
	c.failed = c.failed || err != nil || !start.State.Success()
	c.durations = append(c.durations, start.Ended)
	return context.Cause(ctx)
}

// cost is the median; false if it cannot be started by itself.
func (c *reference) cost() (time.Duration, bool) {
	if c == nil || c.failed {
		return 0, false
	}
	return median(c.durations), true
}
