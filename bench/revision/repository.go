package revision

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"forktax/bench/process"
)

// A repository is a git repository.
type repository struct {
	dir    string // directory in which git is run
	prefix string // path of dir in the working tree; "" at its root, or if there is none
	root   string // root of the working tree; "" if there is none
	env    []string
}

// openRepository finds the repository that contains the directory.
func openRepository(ctx context.Context, dir string) (repository, error) {
	r := repository{dir: dir}
	bare, err := r.git(ctx, "rev-parse", "--is-bare-repository")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return r, fmt.Errorf("git is not on PATH; install it to build commits (Debian: apt-get install git): %w", err)
	case err != nil:
		if dir == "" {
			dir, _ = os.Getwd()
		}
		return r, fmt.Errorf("finding the git repository of %s: %w", dir, err)
	case bare == "true":
		return r, nil
	}
	if r.prefix, err = r.git(ctx, "rev-parse", "--show-prefix"); err != nil {
		return r, err
	}
	r.root, err = r.git(ctx, "rev-parse", "--show-toplevel")
	return r, err
}

// git runs git in the repository's directory and returns its output, without the newlines at its end.
func (r repository) git(ctx context.Context, args ...string) (string, error) {
	// The user's hooks are meant for the user's own commands. There is no terminal for prompts.
	cmd := exec.Command("git", append([]string{"-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Dir, cmd.Env = r.dir, slices.Concat(environment(), r.env, []string{"GIT_TERMINAL_PROMPT=0"})
	out, err := process.Output(ctx, buildLimit, cmd)
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// environment returns this process's environment without variables that select another repository for git, or for a
// build that calls git. Git sets these for its hooks, and a hook may have started this process.
func environment() []string {
	return process.Environment("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
}

// An UnknownError is returned for a ref that does not name a commit of the repository. It includes advice.
type UnknownError struct{ Ref, Advice string }

func (e *UnknownError) Error() string { return fmt.Sprintf("%q is not a commit%s", e.Ref, e.Advice) }

// resolve returns the commit that the ref names, or an UnknownError.
func (r repository) resolve(ctx context.Context, ref string) (string, error) {
	if ref == "" || strings.HasPrefix(ref, "-") { // git would parse it as an option
		return "", &UnknownError{ref, ": use a branch, a tag or a commit"}
	}
	commit, err := r.git(ctx, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
	if err == nil {
		return commit, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return "", cause
	}
	return "", &UnknownError{ref,
		fmt.Sprintf(" of this repository%s; %s", r.similarRefs(ctx, ref), r.fetchAdvice(ctx, ref))}
}

// maxSimilarRefs is the largest number of refs that are suggested.
const maxSimilarRefs = 3

// similarRefs returns the refs whose names contain ref or are contained in it, such as origin/main for main. If there
// are none, it returns other refs.
func (r repository) similarRefs(ctx context.Context, ref string) string {
	text, _ := r.git(ctx, "for-each-ref", "--sort=-committerdate", "--format=%(refname:short)")
	var near, others []string
	for _, name := range strings.Fields(text) {
		if a, b := strings.ToLower(name), strings.ToLower(ref); strings.Contains(a, b) || strings.Contains(b, a) {
			near = append(near, name)
		} else {
			others = append(others, name)
		}
	}
	if len(near) > 0 {
		return "; similar refs: " + strings.Join(near[:min(len(near), maxSimilarRefs)], ", ")
	}
	if len(others) > 0 {
		return "; its refs include " + strings.Join(others[:min(len(others), maxSimilarRefs)], ", ")
	}
	return ""
}

// fetchAdvice returns how to fetch a missing ref. Clones in CI often have only the newest commit.
func (r repository) fetchAdvice(ctx context.Context, ref string) string {
	fetch := "git fetch origin " + strings.TrimPrefix(ref, "origin/")
	if shallow, _ := r.git(ctx, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return "this clone is shallow: set fetch-depth: 0 for actions/checkout, or run " + fetch
	}
	return "if it exists on the remote, run " + fetch
}

// describe returns a readable name of the commit, by tags if there are any.
func (r repository) describe(ctx context.Context, commit string) string {
	text, err := r.git(ctx, "describe", "--tags", "--always", "--abbrev=12", commit)
	if err != nil {
		return commit[:12]
	}
	return text
}
