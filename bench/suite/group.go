package suite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/scenario"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A group is a group of the suite that is being prepared.
type group struct {
	scenario.Group
	dir     string
	program subject.Program // of its workload
	lost    bool            // it cannot be measured
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
		wanted.Name, wanted.Want.Masks = g.Name, slices.Concat(wanted.Want.Masks, g.Masks, p.suite.Spec.Masks)
		wanted.Want = masked(wanted.Want)
		d.Name, d.About, d.Models, d.Requests = g.Name, g.About, nil, []contract.Request{wanted}
		return d, nil
	}
	spec := p.suite.specOf(g.Group)
	spec.BodyFile = p.expand(g, spec.BodyFile)
	for i := range spec.Requests {
		spec.Requests[i] = p.expand(g, spec.Requests[i])
	}
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
			asked[i].Want = masked(contract.Want{Status: asked[i].Status, Body: g.ExpectBody, Masks: asked[i].Want.Masks})
		}
	}
	d.Requests = subject.Requests(asked)
	if subject.Unlearnt(asked) {
		p.Lessons = append(p.Lessons, Lesson{g.Name, asked})
	}
	return d, nil
}

// specOf returns the requests of the group, or those of the suite if it has none.
func (s Suite) specOf(g scenario.Group) subject.Spec {
	spec := g.Spec
	if len(spec.Weighted) == 0 {
		spec.Weighted, spec.Requests, spec.Headers = s.Spec.Weighted, slices.Clone(s.Spec.Requests), s.Spec.Headers
		spec.Body, spec.BodyFile = s.Spec.Body, s.Spec.BodyFile
		if spec.ExpectStatus == 0 {
			spec.ExpectStatus = s.Spec.ExpectStatus
		}
	}
	spec.Masks = slices.Concat(spec.Masks, s.Spec.Masks)
	spec.Weighted = slices.Clone(spec.Weighted)
	return spec
}

// masked returns the expected response without the text that its masks match.
func masked(w contract.Want) contract.Want {
	if masks, err := subject.NewMasks(w.Masks); err == nil && w.Body != "" { // the masks are valid
		w.Body = string(masks.Apply([]byte(w.Body)))
	}
	return w
}

// prepareLimit is the longest time for a command that prepares files: it may download or compile.
const prepareLimit = 10 * time.Minute

// setUp finds what the contender or group needs, and runs its command.
func (p *preparation) setUp(ctx context.Context, g *group, u scenario.Setup, name string) error {
	for _, need := range u.Needs {
		need = p.expand(g, need)
		missing := &process.NotInstalledError{Program: need, Packages: u.Packages, Command: p.expandCommand(g, u.Install)}
		if strings.ContainsRune(need, filepath.Separator) {
			if found, err := filepath.Glob(p.path(g, need)); err != nil || len(found) == 0 {
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
	cmd := exec.Command("/bin/sh", "-euc", p.expandCommand(g, text))
	cmd.Dir = g.dir
	return cmd
}

// expand replaces the names of directories in braces.
func (p *preparation) expand(g *group, text string) string {
	return p.replacer(g, func(dir string) string { return dir }).Replace(text)
}

// expandCommand is like expand, for a shell command. Directories are quoted if the shell needs that.
func (p *preparation) expandCommand(g *group, text string) string {
	return p.replacer(g, quoted).Replace(text)
}

func (p *preparation) replacer(g *group, format func(dir string) string) *strings.Replacer {
	caches, err := os.UserCacheDir()
	if err != nil {
		caches = p.work // which only the caller can write to, and where nothing is installed
	}
	return strings.NewReplacer("{dir}", format(g.dir), "{here}", format(p.here), "{program}",
		format(p.programOf(g.Group).Path), "{runtimes}", format(filepath.Join(caches, "forktax-runtimes")))
}

// special are the characters of a path that a shell may not take as they are.
var special = regexp.MustCompile(`[^A-Za-z0-9_/.,:@%+=-]`)

// quoted returns a path as a shell reads it.
func quoted(path string) string {
	if !special.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
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

// toolLimit is the longest time for a program to print its version.
const toolLimit = 30 * time.Second

// versionOf returns the versions of a server's programs, and the names of its modules.
func versionOf(ctx context.Context, server servers.WebInfo) string {
	commands, modules := server.Versions()
	var texts []string
	for _, cmd := range commands {
		if text := firstLine(ctx, cmd); text != "" {
			texts = append(texts, text)
		}
	}
	return strings.Join(append(texts, modules...), ", ")
}

// firstLine returns the first line that is not blank of a program's standard output and error. It is "" if there is
// none or the program failed.
func firstLine(ctx context.Context, cmd *exec.Cmd) string {
	merged := exec.Command("/bin/sh", append([]string{"-c", `exec "$@" 2>&1`, "sh"}, cmd.Args...)...)
	merged.Args[4], merged.Dir = cmd.Path, cmd.Dir
	out, err := process.Output(ctx, toolLimit, merged)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	return line
}
