//go:build slow

package suites_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"forktax/bench/testenv"
)

// The repository for programs with Git has the same commits and packs each time, also if a hook or a user has set
// variables for another one, which stays as it is.
func TestGitRepository(t *testing.T) {
	testenv.Program(t, "git", "git")
	script, err := filepath.Abs("programs/git_repository.sh")
	if err != nil {
		t.Fatal(err)
	}
	output := func(dir string, env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	other := t.TempDir()
	output(other, nil, "git", "init", "--quiet", "--initial-branch", "main", ".")
	if err := os.WriteFile(filepath.Join(other, "gitconfig"), []byte("[commit]\n\tgpgSign = true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := func() string { return output(other, nil, "git", "status", "--porcelain", "--branch") }
	before, seen := state(), ""
	for _, env := range [][]string{nil, {"GIT_DIR=" + filepath.Join(other, ".git"), "GIT_WORK_TREE=" + other,
		"GIT_CONFIG_GLOBAL=" + filepath.Join(other, "gitconfig"), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=commit.gpgSign",
		"GIT_CONFIG_VALUE_0=true"}} {
		dir := t.TempDir()
		output(dir, env, "sh", script)
		got := output(dir, nil, "sh", "-c", "cd repo.git && git rev-parse main && ls objects/pack && "+
			"sha256sum objects/pack/*.pack | cut -c1-64 && cat ../clone ../fetch")
		if seen != "" && got != seen {
			t.Errorf("the repository has\n%s\nand the one before\n%s", got, seen)
		}
		seen = got
	}
	if after := state(); after != before {
		t.Errorf("the other repository has\n%s\nand had\n%s", after, before)
	}
}
