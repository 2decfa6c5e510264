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

// A repository is one of git's.
type repository struct {
	dir    string // in which git is called
	prefix string // of dir in the working tree; "" at its root, or if there is none
	root   string // of the working tree; "" if there is none
	env    []string
}

// openRepository finds the repository that the directory is in.
func openRepository(ctx context.Context, dir string) (repository, error) {
	r := repository{dir: dir}
	bare, err := r.git(ctx, "rev-parse", "--is-bare-repository")
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return r, fmt.Errorf("building commits needs git, which is not on PATH (Debian: apt-get install git): %w", err)
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

// git runs git in the repository's directory and returns what it printed, without the end of its last line.
func (r repository) git(ctx context.Context, args ...string) (string, error) {
	// A hook of the user's is for what the user does. There is no terminal for prompts.
	cmd := exec.Command("git", append([]string{"-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Dir, cmd.Env = r.dir, slices.Concat(environment(), r.env, []string{"GIT_TERMINAL_PROMPT=0"})
	out, err := process.Output(ctx, buildLimit, cmd)
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}

// environment is this process's, without what would have git, or a build that asks git, look at another repository: git
// sets these for its hooks, one of which may have called us.
func environment() []string {
	return process.Environment("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_PREFIX")
}

// An UnknownError says that a ref names no commit here, and what would.
type UnknownError struct{ Ref, Advice string }

func (e *UnknownError) Error() string { return fmt.Sprintf("%q names no commit%s", e.Ref, e.Advice) }

// resolve returns the commit that the ref names, or an UnknownError.
func (r repository) resolve(ctx context.Context, ref string) (string, error) {
	if ref == "" || strings.HasPrefix(ref, "-") { // git would take it for an option
		return "", &UnknownError{ref, ": a branch, a tag or a commit is needed"}
	}
	commit, err := r.git(ctx, "rev-parse", "--verify", "--quiet", ref+"^{commit}")
	if err == nil {
		return commit, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return "", cause
	}
	return "", &UnknownError{ref, fmt.Sprintf(" of this repository%s; %s", r.similarRefs(ctx, ref), r.fetchAdvice(ctx,
		ref))}
}

// maxSimilarRefs is how many refs are shown instead of one that does not exist.
const maxSimilarRefs = 3

// similarRefs lists the refs whose names hold the one that was asked for, or are held by it: main, where there is
// origin/main.
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
		return ", but there is " + strings.Join(near[:min(len(near), maxSimilarRefs)], ", ")
	}
	if len(others) > 0 {
		return ", which has " + strings.Join(others[:min(len(others), maxSimilarRefs)], ", ")
	}
	return ""
}

// fetchAdvice returns how to get what is not there. Clones made for CI have the newest commit alone.
func (r repository) fetchAdvice(ctx context.Context, ref string) string {
	fetch := "git fetch origin " + strings.TrimPrefix(ref, "origin/")
	if shallow, _ := r.git(ctx, "rev-parse", "--is-shallow-repository"); shallow == "true" {
		return "this clone is shallow: give actions/checkout fetch-depth: 0, or run " + fetch
	}
	return "if it is elsewhere, " + fetch
}

// describe names the commit for people.
func (r repository) describe(ctx context.Context, commit string) string {
	text, err := r.git(ctx, "describe", "--tags", "--always", "--abbrev=12", commit)
	if err != nil {
		return commit[:12]
	}
	return text
}
