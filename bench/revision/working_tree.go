package revision

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"forktax/bench/process"
)

// WorkingTree is the ref of the current working tree, with uncommitted changes and untracked files, but without ignored
// files. A branch of that name can be given as refs/heads/worktree.
const WorkingTree = "worktree"

// snapshot returns a commit of the current working tree, and its description. It uses a separate index, and does not
// change the user's refs, files or index. If nothing differs from HEAD, it returns HEAD. The same files with the same
// HEAD always give the same commit.
func (r repository) snapshot(ctx context.Context, exclude []string) (commit, describe string, err error) {
	if r.root == "" {
		return "", "", &UnknownError{WorkingTree, ": a bare repository has no working tree"}
	}
	dir, remove, err := process.TempDir("an index of the working tree")
	if err != nil {
		return "", "", err
	}
	defer remove()
	own := r
	own.env = []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	if err := r.copyIndex(ctx, filepath.Join(dir, "index")); err != nil {
		return "", "", err
	}
	add := append([]string{"-c", "core.safecrlf=false", "add", "--all", "--"}, r.pathspecs(exclude)...)
	if _, err := own.git(ctx, add...); err != nil {
		return "", "", err
	}
	if err := own.submodulesCommitted(ctx, exclude); err != nil {
		return "", "", err
	}
	tree, err := own.git(ctx, "write-tree")
	if err != nil {
		return "", "", err
	}
	return r.commitTree(ctx, tree)
}

// copyIndex copies the user's index with its modification time. Git assumes that a file as new as the index may have
// changed since.
func (r repository) copyIndex(ctx context.Context, to string) error {
	path, err := r.git(ctx, "rev-parse", "--git-path", "index")
	if err != nil {
		return err
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(r.dir, path)
	}
	from, err := os.Open(path)
	if os.IsNotExist(err) { // nothing has been added yet
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	defer from.Close()
	info, err := from.Stat()
	if err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return fmt.Errorf("reading the index: %w", err)
	}
	if err := os.WriteFile(to, text, 0o600); err != nil {
		return fmt.Errorf("copying the index: %w", err)
	}
	return os.Chtimes(to, info.ModTime(), info.ModTime())
}

// submodulesCommitted returns an error if submodules have uncommitted changes, which a commit of the tree cannot
// include.
func (r repository) submodulesCommitted(ctx context.Context, exclude []string) error {
	text, err := r.git(ctx, append([]string{"diff-files", "--name-only", "--"}, r.pathspecs(exclude)...)...)
	if err != nil || text == "" {
		return err
	}
	return fmt.Errorf("the working tree has submodules with uncommitted changes, which a build would not include; commit "+
		"them in: %s", strings.Join(strings.Split(text, "\n"), ", "))
}

// commitTree returns a commit of the tree on top of HEAD and with its time, or HEAD if it has the same tree.
func (r repository) commitTree(ctx context.Context, tree string) (commit, describe string, err error) {
	args := []string{"commit-tree", "-m", "the working tree, as forktax has built it", tree}
	date := "@0 +0000"
	head, unborn := r.resolve(ctx, "HEAD")
	if unborn == nil {
		text, err := r.git(ctx, "show", "--no-patch", "--format=%T %cI", head)
		if err != nil {
			return "", "", err
		}
		same := ""
		if same, date, _ = strings.Cut(text, " "); same == tree {
			return head, r.describe(ctx, head), nil
		}
		args = append(args, "-p", head)
	}
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		r.env = append(r.env, "GIT_"+who+"_NAME=forktax", "GIT_"+who+"_EMAIL=forktax@localhost", "GIT_"+who+"_DATE="+date)
	}
	if commit, err = r.git(ctx, args...); err != nil {
		return "", "", err
	}
	if unborn != nil {
		return commit, commit[:12] + "-dirty", nil
	}
	return commit, r.describe(ctx, head) + "-dirty", nil
}

// uncommitted returns the number of files in the working tree that differ from HEAD, or 0 if HEAD is not the commit.
func (r repository) uncommitted(ctx context.Context, commit string, exclude []string) (int, error) {
	if head, err := r.resolve(ctx, "HEAD"); err != nil || head != commit || r.root == "" {
		return 0, nil
	}
	var text string
	for _, untracked := range []string{"all", "normal"} { // if there are too many to list, a directory counts as one
		args := []string{"--no-optional-locks", "status", "--porcelain", "--no-renames", "--untracked-files=" + untracked,
			"--"}
		var err error
		if text, err = r.git(ctx, append(args, r.pathspecs(exclude)...)...); err == nil {
			break
		} else if untracked == "normal" {
			return 0, err
		}
	}
	if text == "" {
		return 0, nil
	}
	return 1 + strings.Count(text, "\n"), nil
}

// pathspecs returns the pathspecs of the whole working tree without the excluded paths.
func (r repository) pathspecs(exclude []string) []string {
	specs := []string{":(top)"}
	for _, path := range exclude {
		if path == "" {
			continue
		}
		absolute, err := filepath.Abs(path)
		if err == nil {
			absolute, err = filepath.EvalSymlinks(absolute) // as in git's root
		}
		if err != nil { // it does not exist
			continue
		}
		if inside, err := filepath.Rel(r.root, absolute); err == nil && inside != "." && filepath.IsLocal(inside) {
			specs = append(specs, ":(top,exclude,literal)"+inside)
		}
	}
	return specs
}
