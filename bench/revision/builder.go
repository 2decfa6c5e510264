// Package revision makes executables of commits: it checks a commit of a git repository out beside the user's own
// working tree, which it never touches, and has a command build one file there. It does not know what the file is;
// whether it can be measured is for packages subject and run to find out.
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

// Placeholder is in a command for the path of the file that it is to make.
const Placeholder = "{out}"

// buildLimit is how long a command may take, and git for each of its parts. Large programs take long; one that waits
// for an answer that no one gives must end nevertheless, in CI as well.
const buildLimit = time.Hour

// A Builder builds executables of the commits of one repository by one command.
type Builder struct {
	Repo    string    // any directory in its working tree, or a bare repository; "" means the current directory
	Command string    // for sh, in the same directory of the commit; Placeholder stands for the file to make
	Log     io.Writer // where it says what it builds; nil means nowhere
	Exclude []string  // paths that are not part of a working tree, such as those of results
}

// Built is an executable and what it was built from.
type Built struct {
	Ref      string // as it was asked for
	Commit   string // in full
	Path     string // of the executable, absolute
	Describe string // the commit for people: its name by tags, or its beginning
	// Uncommitted is how many files of the working tree differ from the commit and are not in it; 0 if the commit is not
	// the one that is checked out.
	Uncommitted int
}

// Build returns the executable of the commit that ref names, or of the WorkingTree, built by the command unless it was
// done before in the same environment by the same tools. Nothing but the executable is left: when ctx ends, the build
// is
// ended with all that it started.
func (b Builder) Build(ctx context.Context, ref string) (Built, error) {
	if !strings.Contains(b.Command, Placeholder) {
		return Built{}, fmt.Errorf("the build command %q does not say where the executable is to go: it needs %s, as in "+
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
	b.logf("building %s, %s, by %s", ref, built.Describe, b.Command)
	if err := b.build(ctx, r, built); err != nil {
		return Built{}, fmt.Errorf("building %s (commit %s) by %q: %w", ref, built.Commit, b.Command, err)
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

// build makes the executable under another name, and gives it its own when it is whole, so that who looks for it at the
// same time finds all of it or nothing.
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
		return fmt.Errorf("the commit has no directory %s, where the command would run as it is called from there", r.prefix)
	}
	// What it prints is of use only if it fails, and then all of it, in its order.
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

// executableError returns what is wrong with the file that a command made. A link is none: what it leads to may be in
// the working tree, which goes.
func executableError(path string) error {
	if info, err := os.Lstat(path); err == nil && info.Mode()&os.ModeSymlink != 0 {
		return fmt.Errorf("it made a link instead of %s; copy the file there", Placeholder)
	}
	if why := subject.NotExecutable(path); why != "" {
		return fmt.Errorf("it ended well, but what it was to make, %s, %s", Placeholder, why)
	}
	return nil
}

// shellSafe matches paths that mean themselves to a shell, within quotes, too.
var shellSafe = regexp.MustCompile(`^[\w@%+=:,./-]+$`)

// quoted is the path as one word for a shell. One that needs no quotes gets none, for people write "{out}", too.
func quoted(path string) string {
	if shellSafe.MatchString(path) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
