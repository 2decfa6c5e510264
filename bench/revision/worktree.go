package revision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"forktax/bench/process"
)

// worktreePrefix begins the names of our worktrees, by which we know those that a killed forktax left.
const worktreePrefix = "forktax-worktree-"

// removalLimit is how long git may take to forget a worktree, also after ctx has ended.
const removalLimit = 30 * time.Second

// A worktree is a commit, checked out in a temporary directory, which this process has locked: that shows others that
// it is in use.
type worktree struct {
	repository repository
	path       string
	removeDir  func() error
}

// checkOut makes a worktree of the commit, with its submodules. All have paths of one length: compilers write them into
// what they build, and what is as long lies at the same addresses.
func (r repository) checkOut(ctx context.Context, commit string) (*worktree, error) {
	dir, remove, err := process.TempDirIn("", worktreePrefix, "a worktree")
	if err != nil {
		return nil, err
	}
	w := &worktree{repository: r, path: filepath.Join(dir, filepath.Base(dir)), removeDir: remove}
	if err := w.checkOut(ctx, commit); err != nil {
		if left := w.remove(ctx); left != nil {
			err = fmt.Errorf("%w; %w", err, left)
		}
		return nil, err
	}
	return w, nil
}

func (w *worktree) checkOut(ctx context.Context, commit string) (err error) {
	if err := w.add(ctx, commit); err != nil {
		return err
	}
	tree := repository{dir: w.path}
	if _, err := tree.git(ctx, "reset", "--quiet", "--hard"); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(w.path, ".gitmodules")); err != nil {
		return nil
	}
	_, err = tree.git(ctx, "submodule", "--quiet", "update", "--init", "--recursive")
	return err
}

// add makes the worktree, still empty: to fill it may take long, and others wait for the lock.
func (w *worktree) add(ctx context.Context, commit string) error {
	done, err := w.repository.lockWorktrees(ctx)
	if err != nil {
		return err
	}
	defer done()
	w.repository.removeStale(ctx)
	_, err = w.repository.git(ctx, "worktree", "add", "--quiet", "--no-checkout", "--detach", w.path, commit)
	return err
}

// remove removes the worktree, and has the repository forget it, also after ctx has ended.
func (w *worktree) remove(ctx context.Context) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), removalLimit)
	defer done()
	if err := w.removeDir(); err != nil {
		return fmt.Errorf("removing a worktree: %w", err)
	}
	unlock, err := w.repository.lockWorktrees(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	added := slices.ContainsFunc(w.repository.worktrees(ctx), func(path string) bool {
		return filepath.Base(path) == filepath.Base(w.path) // git has resolved its links
	})
	if !added { // it had not come so far
		return nil
	}
	return w.repository.forget(ctx, w.path)
}

// lockWorktrees waits until no other process of ours changes the repository's list of worktrees: git fails if it reads
// one that is being made. What follows must be short; done ends it.
func (r repository) lockWorktrees(ctx context.Context) (done func(), err error) {
	dir, err := r.git(ctx, "rev-parse", "--git-common-dir")
	if err != nil {
		return nil, err
	}
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(r.dir, dir)
	}
	var lock *os.File
	var failed error
	busy := process.Until(ctx, func() error {
		if lock, failed = process.LockDir(dir); errors.Is(failed, syscall.EWOULDBLOCK) {
			return failed
		}
		return nil // it is ours, or cannot be locked
	})
	if busy != nil {
		return nil, context.Cause(ctx)
	}
	if failed != nil {
		return nil, fmt.Errorf("locking the repository: %w", failed)
	}
	return func() { lock.Close() }, nil
}

// forget has the repository forget a worktree whose directory is gone.
func (r repository) forget(ctx context.Context, path string) error {
	_, err := r.git(ctx, "worktree", "remove", "--force", path)
	return err
}

// worktrees lists the paths of the repository's that are ours.
func (r repository) worktrees(ctx context.Context) []string {
	text, _ := r.git(ctx, "worktree", "list", "--porcelain")
	var paths []string
	for line := range strings.Lines(text) {
		path, found := strings.CutPrefix(strings.TrimRight(line, "\n"), "worktree ")
		if found && strings.HasPrefix(filepath.Base(path), worktreePrefix) {
			paths = append(paths, path)
		}
	}
	return paths
}

// removeStale removes the worktrees that killed processes left. git worktree prune would forget the user's own as well,
// if they are on a disk that is not there today.
func (r repository) removeStale(ctx context.Context) {
	for _, path := range r.worktrees(ctx) {
		dir := filepath.Dir(path)
		if filepath.Base(dir) != filepath.Base(path) { // it was moved, so a user wants it
			continue
		}
		lock, err := process.LockDir(dir)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it is in use
			continue
		}
		if process.RemoveAll(dir) == nil {
			_ = r.forget(ctx, path)
		}
		lock.Close()
	}
}
