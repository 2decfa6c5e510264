package explain

import (
	"context"
	"time"

	"forktax/bench/subject"
)

// A reference is another program that the program needs, started alone to measure its cost. It is started in turn with
// the program, so that slow changes of the machine affect both alike.
type reference struct {
	command   Command
	durations []time.Duration
	failed    bool
}

// maxReferences is the largest number of other programs that are started alone.
const maxReferences = 20

// planReferences chooses the references: the interpreter without a script, and the other programs that are executed.
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

// loadCommand returns a command line that loads a binary and its libraries without running it, which could have any
// effect. It calls the dynamic linker with --list. It is nil for a program without a dynamic linker.
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

// run starts the reference once.
func (c *reference) run(ctx context.Context) error {
	start, err := c.command.Run(ctx)
	c.failed = c.failed || err != nil || !start.State.Success()
	c.durations = append(c.durations, start.Ended)
	return context.Cause(ctx)
}

// cost returns the median duration, and false if the program cannot be started alone.
func (c *reference) cost() (time.Duration, bool) {
	if c == nil || c.failed {
		return 0, false
	}
	return median(c.durations), true
}
