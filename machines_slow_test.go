//go:build slow

package forktax_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
)

// The scripts of docs/machines.md run as they are, except for their ports and, if the machine is noisy, their verdicts.
func TestScriptsOfMachines(t *testing.T) {
	text, err := os.ReadFile("docs/machines.md")
	if err != nil {
		t.Fatal(err)
	}
	bin := programtest.Build(t, "forktax", "forktax-hello", "forktax-cgi", "forktax-floor")
	blocks := regexp.MustCompile("(?s)```bash\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	if len(blocks) != 2 {
		t.Fatalf("docs/machines.md has %d scripts, want 2", len(blocks))
	}
	for i, want := range []string{`3 parts\s+merged`, `\nMachines\n`} { // a line may be broken anywhere
		dir := t.TempDir()
		for _, name := range []string{"old.cgi", "new.cgi"} {
			const program = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\nhello\\n'\n"
			if err := os.WriteFile(filepath.Join(dir, name), []byte(program), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		script := strings.NewReplacer(":8080", ":18480", ":8081", ":18481", "--workload hello",
			"--workload "+filepath.Join(bin, "forktax-hello")).Replace(blocks[i][1])
		c := exec.Command("bash", "-m", "-c", script)
		c.Dir, c.Env = dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
		out, err := c.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !(errors.As(err, &exit) && exit.ExitCode() == 3) || !regexp.MustCompile(want).Match(out) {
			t.Errorf("script %d: %v, want %q:\n%s", i+1, err, want, out)
		}
	}
}

// The example measures from two hosts over ssh, with a server of ssh on this machine.
func TestSSHExample(t *testing.T) {
	testenv.Program(t, "sshd", "openssh-server")
	testenv.Program(t, "ssh-keygen", "openssh-client")
	bin := programtest.Build(t, "forktax", "forktax-hello")
	script, err := filepath.Abs("examples/ssh/measure.sh")
	if err != nil {
		t.Fatal(err)
	}
	test := exec.Command("sh", "testdata/ssh.sh", script, bin)
	out, err := test.CombinedOutput()
	if err != nil || !regexp.MustCompile(`2 parts\s+merged`).Match(out) {
		t.Errorf("%v:\n%s", err, out)
	}
}
