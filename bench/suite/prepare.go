package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/suites"
	"forktax/workload/contract"
)

// Prepared is a suite that is ready to be measured.
type Prepared struct {
	Programs   []subject.Program  // programs that are servers themselves, with the names of their workloads
	External   []subject.External // all other contenders
	Variants   []subject.Variant  // models under other names
	Workloads  []contract.Description
	Contenders []plan.Contender  // contenders in the order of the report
	Versions   map[string]string // versions of servers and languages, by program, as printed by the program
	Missing    []error           // reasons why contenders were left out, without duplicates
	Lacking    []string          // models that a program cannot have, with the reason
}

// A preparation is the state of a suite that is being prepared.
type preparation struct {
	*Prepared
	dir      string                     // directory of the programs in other languages
	programs map[string]subject.Program // programs of this project, by name
	host     subject.Program            // program that executes any file for each request
}

// Prepare finds the programs that the suite needs, and writes further files to dir, which must exist during the run.
func (s Suite) Prepare(ctx context.Context, finder *subject.Finder, dir string) (*Prepared, error) {
	p := preparation{Prepared: &Prepared{Versions: map[string]string{}}, dir: dir,
		programs: map[string]subject.Program{}}
	if err := p.find(ctx, finder, s.contenders); err != nil {
		return nil, err
	}
	if err := p.writePrograms(); err != nil {
		return nil, err
	}
	var lost []string // workloads whose baseline was left out
	for _, c := range s.contenders {
		if slices.Contains(lost, c.workload) {
			continue
		}
		err := p.addContender(ctx, c)
		if missing := new(process.NotInstalledError); errors.As(err, &missing) || errors.Is(err, servers.ErrNoPostgres) {
			p.leaveOut(err)
			if c.name == s.Baseline {
				lost = append(lost, c.workload)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
	}
	if len(p.Contenders) == 0 {
		return nil, fmt.Errorf("no contender of the suite %s can be measured: %w", s.Name, errors.Join(p.Missing...))
	}
	return p.Prepared, nil
}

// find finds the programs of this project that the contenders need.
func (p *preparation) find(ctx context.Context, finder *subject.Finder, contenders []contender) error {
	names := []string{subject.ScriptWorkload}
	for _, c := range contenders {
		if !slices.Contains(names, c.program) {
			names = append(names, c.program)
		}
	}
	found, err := finder.Find(ctx, names)
	if err != nil {
		return err
	}
	p.host = found[0]
	for i, name := range names {
		p.programs[name] = found[i]
	}
	return nil
}

// writePrograms writes the programs in other languages into the directory.
func (p *preparation) writePrograms() error {
	if err := os.CopyFS(p.dir, suites.Programs); err != nil {
		return fmt.Errorf("writing the programs in other languages: %w", err)
	}
	p.dir = filepath.Join(p.dir, "programs")
	files, err := filepath.Glob(filepath.Join(p.dir, "*"))
	for _, file := range files {
		err = errors.Join(err, os.Chmod(file, 0o755))
	}
	return err
}

// leaveOut records the reason, unless it is recorded already.
func (p *preparation) leaveOut(why error) {
	if !slices.ContainsFunc(p.Missing, func(e error) bool { return e.Error() == why.Error() }) {
		p.Missing = append(p.Missing, why)
	}
}

// addContender prepares a contender, and adds it.
func (p *preparation) addContender(ctx context.Context, c contender) error {
	of := p.programs[c.program]
	title := c.title
	if c.model != "" && !of.HasModel(c.model) {
		p.Lacking = append(p.Lacking, fmt.Sprintf("%s: a program in Go cannot be forked after its start, since only the "+
			"thread that forks exists in the copy", c.model))
		return nil
	}
	if of.Database == subject.Postgres {
		if err := servers.PostgresInstalled(); err != nil {
			return err
		}
	}
	file, err := p.executable(ctx, c, of)
	if err != nil {
		return err
	}
	external := subject.External{Name: c.name, Workload: c.workload}
	switch {
	case c.web != "":
		kind, err := servers.WebInfoNamed(c.web)
		if err = errors.Join(err, kind.Missing); err != nil {
			return err
		}
		if title == "" {
			title = kind.About
		}
		p.Versions[c.web] = firstLine(ctx, kind.Program, "-v")
		external.Start = p.startWeb(c, of, file)
	case c.model == "":
		external.Start, err = p.startHosted(c, file)
	}
	if err != nil {
		return err
	}
	if c.model != "" && c.model != c.name {
		p.Variants = append(p.Variants, subject.Variant{Name: c.name, Model: c.model})
	}
	if external.Start != nil {
		p.External = append(p.External, external)
	}
	p.Contenders = append(p.Contenders, plan.Contender{Workload: c.workload, Name: c.name, Title: title,
		Fresh: c.isFresh()})
	return p.describe(c, of)
}

// describe adds the description of the contender's workload, with its one request, unless it is there already.
func (p *preparation) describe(c contender, of subject.Program) error {
	if slices.ContainsFunc(p.Workloads, func(d contract.Description) bool { return d.Name == c.workload }) {
		return nil
	}
	i := slices.IndexFunc(of.Requests, func(r contract.Request) bool { return r.Name == c.request })
	if i < 0 {
		return fmt.Errorf("%s has no request %q, which the suite needs", of.Path, c.request)
	}
	wanted := of.Requests[i]
	wanted.Name = c.workload
	d := of.Description
	d.Name, d.Models, d.Requests = c.workload, nil, []contract.Request{wanted}
	p.Workloads = append(p.Workloads, d)
	of.Name, of.Requests = c.workload, d.Requests
	if c.model != "" {
		p.Programs = append(p.Programs, of)
	}
	return nil
}

// A toolchain is the interpreter or compiler of a language: its name, its version option, and its Debian packages.
type toolchain struct{ name, version, packages string }

var toolchains = map[string]toolchain{
	".c":   {"gcc", "--version", "gcc libc6-dev"},
	".sh":  {"sh", "", "dash"},
	".pl":  {"perl", "-v", "perl"},
	".php": {"php-cgi", "-v", "php-cgi"},
	".py":  {"python3", "--version", "python3"},
}

// executable returns the path of the contender's file. It compiles a file in C.
func (p *preparation) executable(ctx context.Context, c contender, of subject.Program) (string, error) {
	if c.file == "" {
		return of.Path, nil
	}
	path, language := filepath.Join(p.dir, c.file), filepath.Ext(c.file)
	tool := toolchains[language]
	found, err := process.Find(tool.name, tool.packages)
	if err != nil {
		return "", err
	}
	if tool.version != "" && p.Versions[tool.name] == "" {
		p.Versions[tool.name] = firstLine(ctx, found, tool.version)
	}
	if language == ".c" {
		path, err = compiled(ctx, found, path)
	}
	if err != nil {
		return "", err
	}
	return path, machine.NormalizePageCache(path)
}

// toolLimit is the longest time for a compiler, and for a program to print its version.
const toolLimit = 30 * time.Second

// compiled compiles the C program and returns its path. It is linked statically, so that a child does not spend time in
// the dynamic linker.
func compiled(ctx context.Context, gcc, source string) (string, error) {
	path := strings.TrimSuffix(source, ".c")
	if _, err := os.Stat(path); err == nil { // compiled for another contender
		return path, nil
	}
	if _, err := process.Output(ctx, toolLimit, exec.Command(gcc, "-static", "-O2", "-o", path, source)); err != nil {
		return "", fmt.Errorf("compiling %s: %w", filepath.Base(source), err)
	}
	return path, nil
}

// firstLine returns the first line that is not blank of a program's standard output and error, or "" if there is none.
func firstLine(ctx context.Context, path string, args ...string) string {
	ctx, cancel := context.WithTimeout(ctx, toolLimit)
	defer cancel()
	out, _ := exec.CommandContext(ctx, path, args...).CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
