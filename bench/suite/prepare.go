package suite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/scenario"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/suites"
	"forktax/workload/contract"
)

// Prepared is a suite that is ready to be measured.
type Prepared struct {
	Programs   []subject.Program  // programs that are servers themselves, with the names of their groups
	External   []subject.External // all other contenders
	Workloads  []contract.Description
	Contenders []plan.Contender  // contenders in the order of the report
	Versions   map[string]string // versions of servers and languages, as printed by the program
	Missing    []error           // each an *Absence
	Lacking    []string          // models that a program cannot have, with the reason
	Failed     []plan.Lost       // contenders that could not be prepared
	Lessons    []Lesson          // groups whose responses are not known
}

// FilesDir is the directory of the files of this project's suites, in that of Prepare.
const FilesDir = "suite"

// A Lesson is a group whose expected responses are those of its baseline.
type Lesson struct {
	Group string
	Asked []subject.Asked
}

// A preparation is the state of a suite that is being prepared.
type preparation struct {
	*Prepared
	suite    Suite
	here     string                     // directory to which paths are relative
	work     string                     // parent of the groups' directories
	programs map[string]subject.Program // programs of this project, by name
	host     subject.Program            // program that executes any file for each request
	groups   map[string]*group
}

// Prepare finds the programs that the suite needs, and makes its files in dir, which must exist during the run.
func (s Suite) Prepare(ctx context.Context, finder *subject.Finder, dir string) (*Prepared, error) {
	p := preparation{Prepared: &Prepared{Versions: map[string]string{}}, suite: s, here: s.Dir,
		work: filepath.Join(dir, "work"), programs: map[string]subject.Program{}, groups: map[string]*group{}}
	if err := s.validate(); err != nil {
		return nil, err
	}
	if err := p.find(ctx, finder); err != nil {
		return nil, err
	}
	if p.here == "" {
		p.here = filepath.Join(dir, FilesDir)
		if err := writeFiles(p.here); err != nil {
			return nil, err
		}
	}
	// The user of a web server must be able to read the files.
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(p.work, 0o755)); err != nil {
		return nil, err
	}
	for i, g := range s.Groups {
		if err := p.addGroup(ctx, i, g); err != nil {
			return nil, err
		}
	}
	for _, c := range s.Contenders {
		if g := p.groups[c.Group]; !g.lost {
			err := p.addContender(ctx, c, g)
			if err = p.excuse(ctx, err, c.At, plan.Lost{Workload: c.Group, Name: c.Name}); err != nil {
				return nil, err
			}
			if g.lost = c.Name == s.Baseline && !p.has(c); g.lost {
				p.loseGroup(c)
			}
		}
	}
	for _, g := range p.groups {
		if !g.lost {
			_ = settle(g.dir) // otherwise a run is possible, but less precise
		}
	}
	isLost := func(name string) bool { return p.groups[name].lost }
	p.Lessons = slices.DeleteFunc(p.Lessons, func(n Lesson) bool { return isLost(n.Group) })
	p.Workloads = slices.DeleteFunc(p.Workloads, func(d contract.Description) bool { return isLost(d.Name) })
	if len(p.Contenders) == 0 {
		return nil, fmt.Errorf("no contender of the suite %s can be measured: %w", s.Name, p.reasons())
	}
	return p.Prepared, nil
}

// settle brings the files that were prepared, such as compiled programs and archives of classes, into a defined state
// in the page cache.
func settle(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		return machine.NormalizePageCache(path)
	})
}

// has reports whether the contender was added.
func (p *Prepared) has(c scenario.Contender) bool {
	return slices.ContainsFunc(p.Contenders, func(other plan.Contender) bool {
		return other.Workload == c.Group && other.Name == c.Name
	})
}

// reasons returns why contenders are not measured.
func (p *Prepared) reasons() error {
	all := slices.Clone(p.Missing)
	for _, why := range p.Lacking {
		all = append(all, errors.New(why))
	}
	for _, f := range p.Failed {
		all = append(all, errors.New(f.String()))
	}
	return errors.Join(all...)
}

// excuse records what is not installed, and the failure of a group or contender at this place, for any other error but
// wrong usage and the end of ctx.
func (p *preparation) excuse(ctx context.Context, err error, at string, f plan.Lost) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, new(*subject.UsageError)):
		return err
	case errors.As(err, new(*process.NotInstalledError)), errors.Is(err, servers.ErrNoPostgres):
		p.addAbsence(at, p.title(f.Workload, f.Name), err)
		return nil
	}
	f.At, f.Why = at, err.Error()
	p.Failed = append(p.Failed, f)
	return nil
}

// writeFiles writes the files of the suites of this project into the directory.
func writeFiles(dir string) error {
	if err := os.CopyFS(dir, suites.Files); err != nil {
		return fmt.Errorf("writing the files of the suite: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "programs", "*"))
	for _, file := range files {
		err = errors.Join(err, os.Chmod(file, 0o755))
	}
	return err
}

// Lose removes a group whose baseline failed, and records the failure.
func (p *Prepared) Lose(s Suite, group string, why error) {
	f := plan.Lost{Workload: group, Why: why.Error()}
	for _, c := range s.Contenders {
		if c.Group == group && c.Name == s.Baseline {
			f.At = c.At
		}
	}
	p.Failed = append(p.Failed, f)
	p.Contenders = slices.DeleteFunc(p.Contenders, func(c plan.Contender) bool { return c.Workload == group })
	p.External = slices.DeleteFunc(p.External, func(e subject.External) bool { return e.Workload == group })
	p.Workloads = slices.DeleteFunc(p.Workloads, func(d contract.Description) bool { return d.Name == group })
	p.Programs = slices.DeleteFunc(p.Programs, func(o subject.Program) bool { return o.Name == group })
}
