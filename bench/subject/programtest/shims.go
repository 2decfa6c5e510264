package programtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"forktax/bench/testenv"
)

// Pyenv makes a shim of python3 that works like pyenv's, for the interpreter at path. It returns the directory of the
// shim, and the path by which the shim starts the interpreter. Two variables delay the shim, in seconds: PYENV_DELAY
// each start, and PYENV_WHICH_DELAY the command that prints the interpreter's path.
func Pyenv(t *testing.T, path string) (shims, interpreter string) {
	t.Helper()
	root := t.TempDir()
	shims, interpreter = filepath.Join(root, "shims"), filepath.Join(root, "versions", "3.0", "bin", "python3")
	link(t, path, interpreter)
	write(t, filepath.Join(root, "libexec", "pyenv"), `#!/usr/bin/env bash
set -e
bin="$PYENV_ROOT/versions/3.0/bin"
case $1 in
which) [ -z "$PYENV_WHICH_DELAY" ] || sleep "$PYENV_WHICH_DELAY"; echo "$bin/$2" ;;
exec) program=$2; shift 2; sleep "${PYENV_DELAY-0}"; PATH="$bin:$PATH" exec "$bin/$program" "$@" ;;
*) exit 1 ;;
esac
`)
	write(t, filepath.Join(shims, "python3"), fmt.Sprintf(`#!/usr/bin/env bash
set -e
[ -n "$PYENV_DEBUG" ] && set -x

program="${0##*/}"

export PYENV_ROOT="%s"
exec "%[1]s/libexec/pyenv" exec "$program" "$@"
`, root))
	return shims, interpreter
}

// NVM makes a script called node that loads nvm. It returns the directory of the script, and the path of the
// interpreter that the script starts. That interpreter can only print its own path.
func NVM(t *testing.T) (shims, interpreter string) {
	t.Helper()
	root := t.TempDir()
	shims = filepath.Join(root, "bin")
	interpreter = filepath.Join(root, ".nvm", "versions", "node", "v1.0.0", "bin", "node")
	write(t, interpreter, "#!/bin/sh\n[ \"$1 $2\" = '-p process.execPath' ] && echo \"$0\"\n")
	write(t, filepath.Join(root, ".nvm", "nvm.sh"), `export PATH="$NVM_DIR/versions/node/v1.0.0/bin:$PATH"`+"\n")
	write(t, filepath.Join(shims, "node"), fmt.Sprintf(`#!/bin/bash
export NVM_DIR="%s/.nvm"
[ -s "$NVM_DIR/nvm.sh" ] && \. "$NVM_DIR/nvm.sh"
exec node "$@"
`, root))
	return shims, interpreter
}

// Rbenv runs rbenv to make a shim of ruby. It returns the directory of the shim, and the path by which the shim starts
// ruby. The test is skipped if rbenv or ruby is missing.
func Rbenv(t *testing.T) (shims, interpreter string) {
	t.Helper()
	tool, ruby := testenv.Program(t, "rbenv", "rbenv ruby"), testenv.Program(t, "ruby", "rbenv ruby")
	root := t.TempDir()
	interpreter = filepath.Join(root, "versions", "mine", "bin", "ruby")
	link(t, ruby, interpreter)
	for _, command := range [][]string{{"global", "mine"}, {"rehash"}} {
		c := exec.Command(tool, command...)
		c.Env = append(os.Environ(), "RBENV_ROOT="+root)
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("rbenv %s: %v\n%s", command, err, out)
		}
	}
	return filepath.Join(root, "shims"), interpreter
}

func link(t *testing.T, to, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
}

// write writes a program. No other goroutine may fork meanwhile: the child would hold the file open for writing.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}
