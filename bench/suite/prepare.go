package suite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

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
	Variants   []subject.Variant  // models under other names
	Workloads  []contract.Description
	Contenders []plan.Contender  // contenders in the order of the report
	Versions   map[string]string // versions of servers and languages, as printed by the program
	Missing    []error           // reasons why contenders were left out, without duplicates
	Lacking    []string          // models that a program cannot have, with the reason
	Failed     []plan.Lost       // contenders that could not be prepared
	Lessons    []Lesson          // groups whose responses are not known
}

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

// A group is a group of the suite that is being prepared.
type group struct {
	scenario.Group
	dir     string
	program subject.Program // of its workload
	lost    bool            // it cannot be measured
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
		p.here = filepath.Join(dir, "suite")
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
			g.lost = c.Name == s.Baseline && !p.has(c)
		}
	}
	if len(p.Contenders) == 0 {
		return nil, fmt.Errorf("no contender of the suite %s can be measured: %w", s.Name, p.reasons())
	}
	return p.Prepared, nil
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
		if !slices.ContainsFunc(p.Missing, func(e error) bool { return e.Error() == err.Error() }) {
			p.Missing = append(p.Missing, err)
		}
		return nil
	}
	f.At, f.Why = at, err.Error()
	p.Failed = append(p.Failed, f)
	return nil
}

// validate returns a usage error for the first contender that names what does not exist.
func (s Suite) validate() error {
	for _, c := range s.Contenders {
		var err error
		switch {
		case c.Server != "":
			var info servers.WebInfo
			if info, err = servers.WebInfoNamed(c.Server); err == nil && (c.Command != "") != info.Proxies() {
				err = fmt.Errorf("the server %s serves %s: use the key file", c.Server, info.Handles)
				if info.Proxies() {
					err = fmt.Errorf("the server %s needs the key command: what starts %s", c.Server, info.Handles)
				}
			}
		case c.URL != "":
			_, err = subject.ParseExternal(c.Name + "=" + c.URL)
		case c.Model != "":
			if _, known := contract.ModelNamed(c.Model); !known {
				err = fmt.Errorf("%q is not a model: use one of %s", c.Model, strings.Join(contract.ModelNames(), ", "))
			}
		}
		if err != nil {
			return subject.Unusable("%s: %w", c.At, err)
		}
	}
	for _, g := range s.Groups { // without bodies, which may be in files that are not made yet
		spec := g.Spec
		spec.Weighted = slices.Clone(spec.Weighted)
		for i := range spec.Weighted {
			w := &spec.Weighted[i]
			w.Request, w.Body, w.BodyFile = strings.ReplaceAll(w.Request, "{dir}", "/dir"), "", ""
		}
		if _, err := spec.Ask(nil, ""); err != nil {
			return wrongGroup(g, err)
		}
	}
	return nil
}

// wrongGroup returns the error of a group's requests as a usage error with its place.
func wrongGroup(g scenario.Group, err error) error {
	if invalid := new(subject.OptionError); errors.As(err, &invalid) {
		return subject.Unusable("%s: %s %s", g.At, invalid.Option, invalid.Problem)
	}
	return err
}

// find finds the programs of this project that the groups need.
func (p *preparation) find(ctx context.Context, finder *subject.Finder) error {
	names, places := []string{subject.ScriptWorkload}, map[string]string{}
	for _, g := range p.suite.Groups {
		if name := subject.ParseSelection(g.Workload).Program; g.Workload != "" && places[name] == "" {
			names, places[name] = append(names, name), g.At
		}
	}
	found, err := finder.Find(ctx, names)
	if unknown := new(subject.UnknownError); errors.As(err, &unknown) {
		return subject.Unusable("%s: %w", places[unknown.Name], err)
	}
	if err != nil {
		return err
	}
	p.host = found[0]
	for i, name := range names {
		p.programs[name] = found[i]
	}
	for _, g := range p.suite.Groups {
		if s := subject.ParseSelection(g.Workload); g.Workload != "" && requestOf(p.programs[s.Program], s.Request) < 0 {
			return subject.Unusable("%s: the workload %s has no request %q", g.At, s.Program, s.Request)
		}
	}
	return nil
}

// requestOf returns the index of the program's request of that name, or of its first if the name is "".
func requestOf(of subject.Program, name string) int {
	return slices.IndexFunc(of.Requests, func(r contract.Request) bool { return name == "" || r.Name == name })
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

// addGroup makes the directory of a group and the description of its requests.
func (p *preparation) addGroup(ctx context.Context, i int, as scenario.Group) error {
	g := &group{Group: as, dir: filepath.Join(p.work, strconv.Itoa(i))}
	p.groups[g.Name] = g
	if err := os.Mkdir(g.dir, 0o755); err != nil {
		return err
	}
	err := p.setUp(ctx, g, g.Setup, g.Name)
	if err == nil {
		var d contract.Description
		if d, err = p.describe(g); err == nil {
			p.Workloads = append(p.Workloads, d)
			return nil
		}
	}
	g.lost = true
	return p.excuse(ctx, err, g.At, plan.Lost{Workload: g.Name})
}

// describe returns the description of the group, with its requests.
func (p *preparation) describe(g *group) (d contract.Description, err error) {
	d = contract.Description{Name: g.Name, About: g.About}
	if g.Workload != "" {
		s := subject.ParseSelection(g.Workload)
		g.program = p.programOf(g.Group)
		d = g.program.Description
		wanted := d.Requests[requestOf(g.program, s.Request)]
		wanted.Name, wanted.Want.Masks = g.Name, slices.Concat(wanted.Want.Masks, g.Masks)
		d.Name, d.About, d.Models, d.Requests = g.Name, g.About, nil, []contract.Request{wanted}
		return d, nil
	}
	spec := g.Spec
	if len(spec.Weighted) == 0 {
		spec.Weighted, spec.Requests, spec.Headers = p.suite.Spec.Weighted, p.suite.Spec.Requests, p.suite.Spec.Headers
		spec.Body, spec.BodyFile = p.suite.Spec.Body, p.suite.Spec.BodyFile
		if spec.ExpectStatus == 0 {
			spec.ExpectStatus = p.suite.Spec.ExpectStatus
		}
	}
	spec.Masks = slices.Concat(spec.Masks, p.suite.Spec.Masks)
	spec.Weighted = slices.Clone(spec.Weighted)
	for i := range spec.Weighted {
		w := &spec.Weighted[i]
		if w.ExpectStatus == 0 {
			w.ExpectStatus = spec.ExpectStatus
		}
		w.Request = p.expand(g, w.Request)
		if w.BodyFile != "" {
			w.BodyFile = p.path(g, w.BodyFile)
		}
	}
	asked, err := spec.Ask(nil, "")
	if err != nil {
		return d, err
	}
	for i := range asked {
		if len(asked) == 1 {
			asked[0].Name = g.Name
		}
		if g.ExpectBody != "" {
			asked[i].Learn = false
			asked[i].Want = contract.Want{Status: asked[i].Status, Body: g.ExpectBody, Masks: asked[i].Want.Masks}
		}
	}
	d.Requests = subject.Requests(asked)
	if subject.Unlearnt(asked) {
		p.Lessons = append(p.Lessons, Lesson{g.Name, asked})
	}
	return d, nil
}

// prepareLimit is the longest time for a command that prepares files: it may download or compile.
const prepareLimit = 10 * time.Minute

// setUp finds what the contender or group needs, and runs its command.
func (p *preparation) setUp(ctx context.Context, g *group, u scenario.Setup, name string) error {
	for _, need := range u.Needs {
		need = p.expand(g, need)
		missing := &process.NotInstalledError{Program: need, Packages: u.Packages, Command: p.expand(g, u.Install)}
		if strings.ContainsRune(need, filepath.Separator) {
			if found, err := filepath.Glob(need); err != nil || len(found) == 0 {
				return missing
			}
		} else if _, err := process.Find(need, u.Packages, "/usr/sbin"); err != nil {
			return missing
		}
	}
	if u.Prepare != "" {
		// Many tools report errors on their standard output; that of the error is shown.
		if _, err := process.Output(ctx, prepareLimit, p.command(g, "exec >&2\n"+u.Prepare)); err != nil {
			return fmt.Errorf("preparing %s: %w", name, err)
		}
	}
	if u.Version != "" {
		p.Versions[name] = firstLine(ctx, p.command(g, u.Version))
	}
	return nil
}

// command returns a shell command that is executed in the directory of the group.
func (p *preparation) command(g *group, text string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-euc", p.expand(g, text))
	cmd.Dir = g.dir
	return cmd
}

// expand replaces the names of directories in braces.
func (p *preparation) expand(g *group, text string) string {
	caches, err := os.UserCacheDir()
	if err != nil {
		caches = os.TempDir()
	}
	return strings.NewReplacer("{dir}", g.dir, "{here}", p.here, "{program}", p.programOf(g.Group).Path,
		"{runtimes}", filepath.Join(caches, "forktax-runtimes")).Replace(text)
}

// programOf returns the program of the group's workload, if it has one.
func (p *preparation) programOf(g scenario.Group) subject.Program {
	return p.programs[subject.ParseSelection(g.Workload).Program]
}

// path returns an absolute path.
func (p *preparation) path(g *group, path string) string {
	if path = p.expand(g, path); filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(p.here, path)
}

// addContender prepares a contender, and adds it.
func (p *preparation) addContender(ctx context.Context, c scenario.Contender, g *group) error {
	if err := p.setUp(ctx, g, c.Setup, c.Name); err != nil {
		return err
	}
	title, external := c.Title, subject.External{Name: c.Name, Workload: c.Group}
	switch {
	case c.Model != "":
		return p.addModel(c, g)
	case c.CGI != "":
		if err := p.setCGI(&external, c, g); err != nil {
			return err
		}
	case c.Server != "":
		info, err := servers.WebInfoNamed(c.Server)
		if err = errors.Join(err, info.Missing); err != nil {
			return err
		}
		if title == "" {
			title = info.About
		}
		p.Versions[c.Server] = firstLine(ctx, exec.Command(info.Program, "-v"))
		if external.Start, err = p.startWeb(c, g); err != nil {
			return err
		}
	case c.Command != "":
		external.Command, external.Dir, external.Path = p.expand(g, c.Command), p.here, strings.TrimRight(c.Root, "/")
		external.Env = process.Settings(p.variables(c, g))
	default:
		u, err := url.Parse(c.URL)
		if err != nil {
			return err
		}
		external.URL = u
		if err := external.Reach(ctx); err != nil {
			return err
		}
	}
	p.External = append(p.External, external)
	p.add(c, title)
	return nil
}

// addModel adds a model of the group's workload.
func (p *preparation) addModel(c scenario.Contender, g *group) error {
	of := g.program
	if !of.HasModel(c.Model) {
		p.Lacking = append(p.Lacking, fmt.Sprintf("%s: a program in Go cannot be forked after its start, since only the "+
			"thread that forks exists in the copy", c.Model))
		return nil
	}
	if of.Database == subject.Postgres {
		if err := servers.PostgresInstalled(); err != nil {
			return err
		}
	}
	if c.Model != c.Name {
		p.Variants = append(p.Variants, subject.Variant{Name: c.Name, Model: c.Model})
	}
	if !slices.ContainsFunc(p.Programs, func(o subject.Program) bool { return o.Name == g.Name }) {
		i := slices.IndexFunc(p.Workloads, func(d contract.Description) bool { return d.Name == g.Name })
		of.Name, of.Requests = g.Name, p.Workloads[i].Requests
		p.Programs = append(p.Programs, of)
	}
	title := c.Title
	if title == "" {
		m, _ := contract.ModelNamed(c.Model)
		title = m.About
	}
	p.add(c, title)
	return nil
}

func (p *preparation) add(c scenario.Contender, title string) {
	p.Contenders = append(p.Contenders, plan.Contender{Workload: c.Group, Name: c.Name, Title: title, Fresh: isFresh(c),
		At: c.At})
}

// isFresh reports whether each request gets a new process.
func isFresh(c scenario.Contender) bool {
	if c.Server != "" {
		info, _ := servers.WebInfoNamed(c.Server)
		return info.Fresh()
	}
	m, known := contract.ModelNamed(c.Model)
	return c.CGI != "" || known && m.Process == contract.PerRequest
}

// variables returns the variables of the contender's program.
func (p *preparation) variables(c scenario.Contender, g *group) map[string]string {
	all := map[string]string{}
	for name, value := range c.Env {
		all[name] = p.expand(g, value)
	}
	return all
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

// toolLimit is the longest time for a program to print its version.
const toolLimit = 30 * time.Second

// firstLine returns the first line that is not blank of a program's standard output and error, or "" if there is none.
func firstLine(ctx context.Context, cmd *exec.Cmd) string {
	ctx, cancel := context.WithTimeout(ctx, toolLimit)
	defer cancel()
	limited := exec.CommandContext(ctx, cmd.Path, cmd.Args[1:]...)
	limited.Dir = cmd.Dir
	out, _ := limited.CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
