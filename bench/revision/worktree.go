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

// worktreePrefix is the prefix of our worktrees' names. It identifies worktrees of killed forktax processes.
const worktreePrefix = "forktax-worktree-"

// removalLimit is the timeout for removing a worktree, also after ctx has ended.
const removalLimit = 30 * time.Second

// A worktree is a commit that is checked out in a temporary directory. This process has the directory locked, which
// shows other processes that it is in use.
type worktree struct {
	repository repository
	path       string
	removeDir  func() error
}

// checkOut creates a worktree of the commit, with its submodules. All worktrees have paths of the same length:
// compilers write the paths into executables, and with equal lengths, addresses do not change.
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

// add creates the worktree without files. Checking out the files may take long, while others wait for the lock.
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

// remove removes the worktree from the disk and from the repository's list, also after ctx has ended.
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
		return filepath.Base(path) == filepath.Base(w.path) // git resolves symbolic links in paths
	})
	if !added { // add did not get this far
		return nil
	}
	return w.repository.forget(ctx, w.path)
}

// lockWorktrees waits until no other forktax process changes the repository's list of worktrees: git fails if it reads
// one that is being created. The lock must be held only briefly; done releases it.
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
		return nil // locked, or cannot be locked
	})
	if busy != nil {
		return nil, context.Cause(ctx)
	}
	if failed != nil {
		return nil, fmt.Errorf("locking the repository: %w", failed)
	}
	return func() { lock.Close() }, nil
}

// forget removes a worktree whose directory was removed from the repository's list.
func (r repository) forget(ctx context.Context, path string) error {
	_, err := r.git(ctx, "worktree", "remove", "--force", path)
	return err
}

// worktrees returns the paths of the repository's worktrees that forktax has created.
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

// removeStale removes the worktrees of killed processes. git worktree prune would also remove the user's own from the
// list if they are on a disk that is not mounted.
func (r repository) removeStale(ctx context.Context) {
	for _, path := range r.worktrees(ctx) {
		dir := filepath.Dir(path)
		if filepath.Base(dir) != filepath.Base(path) { // a user has moved it, and wants to keep it
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
