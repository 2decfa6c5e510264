// Package revision builds executables of commits. It checks out a commit of a git repository in a separate worktree,
// and runs a command there that builds one file. It never changes the user's working tree. Packages subject and run
// determine whether the file can be measured.
package revision

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"forktax/bench/buildcache"
	"forktax/bench/process"
	"forktax/bench/subject"
)

// Placeholder stands for the output path in a build command.
const Placeholder = "{out}"

// buildLimit is the longest duration of a build command, and of a git command. Building a large program takes long, but
// a command that waits for input must end, in CI as well.
const buildLimit = time.Hour

// A Builder builds executables of commits of one repository with one command.
type Builder struct {
	Repo    string    // any directory in the working tree, or a bare repository; "" means the current directory
	Command string    // shell command, run in the same directory of the commit; Placeholder stands for the output path
	Log     io.Writer // writer of progress messages; nil means none
	Exclude []string  // paths that are not part of a working tree, such as result directories
}

// Built is an executable with the commit from which it was built.
type Built struct {
	Ref      string // ref as given
	Commit   string // full hash
	Path     string // absolute path of the executable
	Describe string // the commit's name from git describe, or its abbreviated hash
	// Uncommitted is the number of files in the working tree that differ from the commit; 0 if the commit is not checked
	// out.
	Uncommitted int
}

// Build returns the executable of the commit that ref names, or of the WorkingTree. It runs the build command, unless
// the executable was built before in the same environment with the same tools. It leaves only the executable. When ctx
// ends, the build is stopped with all processes that it started.
func (b Builder) Build(ctx context.Context, ref string) (Built, error) {
	if !strings.Contains(b.Command, Placeholder) {
		return Built{}, fmt.Errorf("build command %q: must contain %s for the output path, as in "+
			"go build -o %[2]s ./cmd/app", b.Command, Placeholder)
	}
	r, err := openRepository(ctx, b.Repo)
	if err != nil {
		return Built{}, err
	}
	built, err := b.find(ctx, r, ref)
	if err != nil {
		return Built{}, err
	}
	if built.Path, err = buildcache.Revision(executableName(ctx, built.Commit, b.Command, r.prefix)); err != nil {
		return Built{}, err
	}
	if executableError(built.Path) == nil {
		b.logf("%s is %s, built before: %s", ref, built.Describe, built.Path)
		return built, nil
	}
	b.logf("building %s, %s, with %s", ref, built.Describe, b.Command)
	if err := b.build(ctx, r, built); err != nil {
		return Built{}, fmt.Errorf("building %s (commit %s) with %q: %w", ref, built.Commit, b.Command, err)
	}
	buildcache.Prune()
	return built, nil
}

// find finds the commit of a ref.
func (b Builder) find(ctx context.Context, r repository, ref string) (built Built, err error) {
	built.Ref = ref
	if ref == WorkingTree {
		built.Commit, built.Describe, err = r.snapshot(ctx, b.Exclude)
		return built, err
	}
	if built.Commit, err = r.resolve(ctx, ref); err != nil {
		return built, err
	}
	built.Describe = r.describe(ctx, built.Commit)
	built.Uncommitted, err = r.uncommitted(ctx, built.Commit, b.Exclude)
	return built, err
}

func (b Builder) logf(format string, args ...any) {
	if b.Log != nil {
		fmt.Fprintf(b.Log, format+"\n", args...)
	}
}

// build builds the executable under a temporary name and renames it when it is complete, so that other processes never
// see a part of it.
func (b Builder) build(ctx context.Context, r repository, built Built) (err error) {
	unfinished, remove, err := process.TempDirIn(filepath.Dir(built.Path), "unfinished-", "the executable")
	if err != nil {
		return err
	}
	defer remove()
	tree, err := r.checkOut(ctx, built.Commit)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tree.remove(ctx)) }()
	out := filepath.Join(unfinished, "out")
	dir := filepath.Join(tree.path, r.prefix)
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fmt.Errorf("the commit has no directory %s, in which the command would run", r.prefix)
	}
	// The output is needed only if the command fails: then all of it, in order.
	cmd := process.Shell("exec 1>&2\n" + strings.ReplaceAll(b.Command, Placeholder, quoted(out)))
	cmd.Dir, cmd.Env = dir, environment()
	if _, err := process.Output(ctx, buildLimit, cmd); err != nil {
		return err
	}
	if err := executableError(out); err != nil {
		return err
	}
	return os.Rename(out, built.Path)
}

// executableError returns an error if the file that a command has built is not an executable. A link is not accepted,
// since its target may be in the worktree, which is removed.
func executableError(path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		return fmt.Errorf("the command created a link as %s: copy the file instead", Placeholder)
	}
	if why := subject.NotExecutable(path); why != "" {
		return fmt.Errorf("the command succeeded, but its output %s %s", Placeholder, why)
	}
	return nil
}

// shellSafe matches paths without characters that are special in a shell, inside quotes or outside.
var shellSafe = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted returns the path as one word for a shell. It is quoted only if needed, since users also write "{out}".
func quoted(path string) string {
	if shellSafe.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
