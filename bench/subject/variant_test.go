package subject_test

import (
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A variant is launched with its own model, environment and program, and has its own name.
func TestLaunchOfVariants(t *testing.T) {
	url := admin(t, healthyAdmin)
	echoing := func(which string) subject.Program {
		path := script(t, `case "$1" in
prepare) mkdir "$3" && echo "{\"DATA\":\"$3\"}" ;;
serve)
	echo "`+which+` $*" > "$DATA/args"; echo "$MORE" > "$DATA/more"; printf %s "$FORKTAX_PADDING" > "$DATA/padding"
	env | grep '^FORKTAX_PADDING[0-9]' | sort > "$DATA/more-padding"
	`+deaf+readyLine(url)+stays+` ;;
esac
`)
		return subject.Program{Path: path, Description: contract.Description{Name: "fake", Models: []string{"one", "two"}}}
	}
	l := launcher(t, echoing("usual"))
	l.Env = map[string]string{"MORE": "launcher"}
	l.Variants = []subject.Variant{
		{Name: "plain", Model: "one"},
		{Name: "rich", Model: "two", Env: map[string]string{"MORE": "variant"}, Padding: 100_000},
		{Name: "built", Model: "one", Programs: []subject.Program{echoing("own")}},
	}
	tests := []struct {
		name, args, more string
		padding          int
	}{
		{"plain", "usual serve -model one ", "launcher", 0},
		{"rich", "usual serve -model two ", "variant", 100_000},
		{"built", "own serve -model one ", "launcher", 0},
		{"two", "usual serve -model two ", "launcher", 0}, // a model, not a variant
	}
	for _, test := range tests {
		target, stop, err := l.Launch(t.Context(), test.name, "fake")
		if err != nil {
			t.Fatalf("Launch(%s) = %v", test.name, err)
		}
		if target.Model != test.name {
			t.Errorf("Launch(%s) = a target called %q", test.name, target.Model)
		}
		data := glob(t, l.Dir+"/forktax-fake-*/data")
		if got := readAll(t, filepath.Join(data, "args")); !strings.HasPrefix(got, test.args) {
			t.Errorf("%s is started by %q, want %q", test.name, got, test.args)
		}
		if got := readAll(t, filepath.Join(data, "more")); got != test.more+"\n" {
			t.Errorf("%s has the variable %q, want %q", test.name, got, test.more)
		}
		if got := len(readAll(t, filepath.Join(data, "padding"))); got >= 4096 {
			t.Errorf("%s has a random padding of %d bytes, want less than 4096", test.name, got)
		}
		more := readAll(t, filepath.Join(data, "more-padding")) // with a line feed where the environment has a NUL
		if got, want := strings.Count(more, "\n"), test.padding/100; len(more) != test.padding || got != want {
			t.Errorf("%s has %d more bytes in %d variables, want %d in %d", test.name, len(more), got, test.padding, want)
		}
		if err := stop(); err != nil {
			t.Errorf("stopping %s = %v", test.name, err)
		}
	}
	_, _, err := l.Launch(t.Context(), "three", "fake")
	fails(t, "Launch(three)", err, `has no model "three": use one of one, two`)
	empty(t, l)
}

// A padding has the exact size if its names fit, and consists of at least one variable.
func TestSmallPadding(t *testing.T) {
	for padding, want := range map[int]struct{ variables, bytes int }{
		0: {0, 0}, 1: {1, 19}, 19: {1, 19}, 20: {1, 20}, 199: {1, 199}, 200: {2, 200}, 1099: {10, 1099},
	} {
		var l subject.Launcher
		got, all := 0, subject.Padding(&l, padding)
		for _, setting := range all[1:] {
			got += len(setting) + 1
		}
		if len(all)-1 != want.variables || got != want.bytes {
			t.Errorf("a padding of %d is %d bytes in %d variables, want %d in %d", padding, got, len(all)-1, want.bytes,
				want.variables)
		}
		if name, value, _ := strings.Cut(all[0], "="); name != contract.EnvPadding || strings.Trim(value, "x") != "" {
			t.Errorf("a padding of %d begins with %.50q, want the random variable", padding, all[0])
		}
	}
}

// The kernel accepts the largest padding, and the host passes it on to children.
func TestMostPadding(t *testing.T) {
	p, err := subject.Describe(t.Context(), hello(t))
	if err != nil {
		t.Fatal(err)
	}
	l := launcher(t, p)
	l.Variants = []subject.Variant{{Name: "rich", Model: "cgi", Padding: subject.MaxPadding}}
	target, stop, err := l.Launch(t.Context(), "rich", "hello")
	if err != nil {
		t.Fatal(err)
	}
	if body := get(t, target.URL+"/"); body != "hello\n" {
		t.Errorf("GET / = %q", body)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
