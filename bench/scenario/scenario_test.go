package scenario_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/pflag"

	"forktax/bench/scenario"
	"forktax/bench/subject"
)

func same(name string) string { return name }

// For any file, Read succeeds or returns a usage error with a place.
func FuzzScenario(f *testing.F) {
	for _, text := range []string{"", "# nothing\n", "clients: [1, 8]\n", "clients: many", "{rate: 0.5, pin: true}",
		"workload:\n  - hello\n", "<<: {clients: 1}", "clients: &a 1\nrounds: *a", "? a\n: b", "---\n...\n---\n", "- 1",
		"budget: !!str 3s", "rounds: |\n  3\n", "\xff", "\ufeffseed: 1", "clients: [1,", "\"seed\": '1'",
		"variants: [{name: a, env: {B: 1}, build: [-x], padding: 5}]", "variants:\n- a: b\n- ~",
		"contenders: [{name: a, cgi: ./a}, {name: b, command: c, group: d}]", "groups: {a: {requests: [/], mask: '['}}",
		"groups: 3\nabout: ~", "contenders: [{name: a, server: b, file: c, env: {D: 1}, recycle: 5}]\nbaseline: z"} {
		f.Add([]byte(text))
	}
	place := regexp.MustCompile(`^.*/scenario.yaml:[1-9][0-9]*:[1-9][0-9]*: `)
	f.Fuzz(func(t *testing.T, text []byte) {
		name := filepath.Join(t.TempDir(), "scenario.yaml")
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
		flags.IntSlice("clients", nil, "")
		flags.Float64Slice("rate", nil, "")
		flags.StringSlice("workload", nil, "")
		flags.Duration("budget", 0, "")
		flags.Int("rounds", 0, "")
		flags.Uint64("seed", 0, "")
		flags.Bool("pin", false, "")
		_, err := scenario.Read(name, flags, scenario.Names{Flag: same, Option: same})
		var usage *subject.UsageError
		if err != nil && (!errors.As(err, &usage) || !place.MatchString(err.Error())) {
			t.Errorf("Read(%q) = %v, want a usage error with a place", text, err)
		}
	})
}

// Reading a file that is not regular returns a usage error at once.
func TestScenarioIsARegularFile(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{fifo: "it is a FIFO, not a regular file",
		"/dev/zero": "it is a device"} {
		_, err := scenario.Read(name, pflag.NewFlagSet("test", pflag.ContinueOnError), scenario.Names{Flag: same,
			Option: same})
		var usage *subject.UsageError
		if !errors.As(err, &usage) || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%s) = %v, want a usage error with %q", name, err, want)
		}
	}
}
